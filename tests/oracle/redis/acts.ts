import { actsOf, type Questions } from '../questions.ts';
import type { Exchange } from './exchange.ts';
import { count, echo, failure, get, getMany, hash, listRange, readMarker, setMarker } from './reads.ts';
import type { RedisSession } from './redis-session.ts';
import { hello, renew, reset, wrongToken } from './sign-ins.ts';
import { blocking, channel, commit, insert, publishToNobody, rollback } from './writes.ts';

/** What a session may ask. */
export const questions: Questions<RedisSession, Exchange> = [
  { name: 'get', weight: 14, ask: get },
  { name: 'get many', weight: 10, ask: getMany },
  { name: 'list range', weight: 8, ask: listRange },
  { name: 'hash', weight: 6, ask: hash },
  { name: 'echo', weight: 6, ask: echo },
  { name: 'count', weight: 8, ask: count },
  { name: 'failure', weight: 10, ask: failure },
  { name: 'insert', weight: 4, ask: insert },
  { name: 'commit', weight: 5, ask: commit },
  { name: 'rollback', weight: 5, ask: rollback },
  { name: 'blocking', weight: 3, ask: blocking },
  { name: 'channel', weight: 5, ask: channel },
  { name: 'publish to nobody', weight: 4, ask: publishToNobody },
  { name: 'renew', weight: 3, ask: renew },
  { name: 'wrong token', weight: 2, ask: wrongToken },
  { name: 'hello', weight: 3, ask: hello },
  { name: 'reset', weight: 2, ask: reset },
  { name: 'set marker', weight: 3, ask: setMarker },
  { name: 'read marker', weight: 5, ask: readMarker },
];

export const acts = actsOf(questions);
