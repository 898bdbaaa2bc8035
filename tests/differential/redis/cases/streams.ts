import type { Theme } from '../../case.ts';
import type { RedisStep } from '../steps.ts';
import { told } from './told.ts';

export const streams: Theme<RedisStep> = {
  name: 'streams',
  cases: told([
    [
      'entries are added and read',
      [
        'XADD x 1-1 a 1 b 2',
        'XADD x 1-2 c 3',
        'XLEN x',
        'XRANGE x - +',
        'XREVRANGE x + - COUNT 1',
        'XREAD STREAMS x 0',
        'XREAD COUNT 1 STREAMS x y 0 0',
        'XREAD STREAMS x $',
        'XRANGE nothing - +',
      ],
    ],
    [
      'ids must rise',
      [
        'XADD x 5-1 a 1',
        'XADD x 4-1 a 1',
        'XADD x 0-0 a 1',
        'XADD x 5-* a 1',
        'XADD x y a 1',
        'XADD x NOMKSTREAM 6-1 a 1',
        'XADD nothing NOMKSTREAM * a 1',
        'XADD x 7-1 a',
      ],
      ['ERR', 'ERR', 'ERR', 'ERR'],
    ],
    [
      'streams are trimmed',
      [
        'XADD x 1-1 a 1',
        'XADD x MAXLEN 1 2-1 a 1',
        'XLEN x',
        'XTRIM x MINID 3',
        'XTRIM x MAXLEN 0',
        'XDEL x 2-1',
        'XSETID x 9-9',
        'XINFO STREAM x FULL',
        'XINFO STREAM nothing',
      ],
      ['ERR'],
    ],
    [
      'groups read and acknowledge',
      [
        'XGROUP CREATE x g $ MKSTREAM',
        'XADD x 1-1 a 1',
        'XADD x 1-2 b 2',
        'XREADGROUP GROUP g me COUNT 1 STREAMS x >',
        'XREADGROUP GROUP g me STREAMS x 0',
        'XACK x g 1-1',
        'XACK x g 1-1',
        'XPENDING x g',
        'XREADGROUP GROUP g me STREAMS x >',
        'XREADGROUP GROUP g me STREAMS x >',
        'XPENDING x g',
      ],
    ],
    [
      'groups are made and lost',
      [
        'XGROUP CREATE x g 0',
        'XGROUP CREATE x g 0 MKSTREAM',
        'XGROUP CREATE x g 0',
        'XGROUP CREATECONSUMER x g me',
        'XGROUP DELCONSUMER x g me',
        'XGROUP SETID x g 0',
        'XGROUP DESTROY x g',
        'XREADGROUP GROUP g me STREAMS x >',
        'XACK x g 1-1',
        'XGROUP NOSUCH',
      ],
      ['ERR', 'BUSYGROUP', 'NOGROUP', 'ERR'],
    ],
    [
      'entries are claimed',
      [
        'XGROUP CREATE x g 0 MKSTREAM',
        'XADD x 1-1 a 1',
        'XREADGROUP GROUP g me STREAMS x >',
        'XCLAIM x g you 0 1-1',
        'XAUTOCLAIM x g me 0 0',
        'XCLAIM x g you 0 1-1 JUSTID',
        'XPENDING nothing g',
      ],
      ['NOGROUP'],
    ],
    [
      'XREAD with a mistake',
      [
        'XREAD STREAMS x',
        'XREAD STREAMS x y 0',
        'XREAD COUNT x STREAMS x 0',
        'XREADGROUP GROUP g STREAMS x >',
        'XREAD STREAMS x >',
      ],
      ['ERR', 'ERR', 'ERR', 'ERR', 'ERR'],
    ],
    [
      'entries of any bytes',
      [
        ['XADD', 'x', '1-1', '', '\r\n\0'],
        'XRANGE x - +',
        ['XADD', 'x', '1-2', 'big', 'v'.repeat(100_000)],
        'XRANGE x 1-2 1-2',
      ],
    ],
  ]),
};
