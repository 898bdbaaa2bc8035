import type { Theme } from '../../case.ts';
import { pipeline, type RedisStep, say } from '../steps.ts';
import { told } from './told.ts';

export const allTypes: Theme<RedisStep> = {
  name: 'every type of answer',
  cases: [
    ...told(
      [
        'string',
        'integer',
        'double',
        'null',
        'array',
        'set',
        'map',
        'verbatim',
        'true',
        'false',
        'bignum',
        'attrib',
      ].map((type) => [type, [`DEBUG PROTOCOL ${type}`, 'PING']] as const),
    ),
    {
      name: 'push',
      settings: { protocol: '3' },
      steps: [pipeline(['DEBUG PROTOCOL push', 'PING'], { replies: 3 })],
    },
    {
      name: 'all in one pipeline',
      settings: { protocol: '3' },
      steps: [
        pipeline(
          ['string', 'attrib', 'map', 'null', 'bignum', 'verbatim', 'set', 'double', 'array', 'true'].map(
            (type) => `DEBUG PROTOCOL ${type}`,
          ),
        ),
      ],
    },
    {
      name: "a script's lists within lists",
      steps: [say(['EVAL', 'local t = {1} for i = 1, 6 do t = {t, i} end return t', '0'])],
    },
  ],
};
