import { setTimeout } from 'node:timers/promises';
import { command } from '../../support/raw-redis.ts';
import { leave as leaveSocket } from '../leave.ts';
import type { Act } from '../oracle-engine.ts';
import { someQuestions } from '../questions.ts';
import type { Random } from '../random.ts';
import { SessionEnded, Violation } from '../violation.ts';
import { questions } from './acts.ts';
import { type Exchange, exchange, ok, queued } from './exchange.ts';
import type { RedisSession } from './redis-session.ts';
import { journalCommand, undoneWord } from './writes.ts';

const quit = Buffer.from(command('QUIT'));

/** Goes, in one of the ways that programs do. */
function leave(session: RedisSession, random: Random, goodbye = quit): void {
  leaveSocket(session.client.socket, goodbye, random);
}

/** What a session may leave on its connection; from a subscription on, messages may stand anywhere. */
const disorder: readonly (readonly string[])[] = [
  ['CLIENT', 'SETNAME', 'left'],
  ['CLIENT', 'NO-TOUCH', 'ON'],
  ['WATCH', 'watched'],
  ['HELLO', '2'],
  ['HELLO', '3'],
  ['CLIENT', 'TRACKING', 'ON', 'BCAST'],
  ['SUBSCRIBE', 'left_behind'],
  ['PSUBSCRIBE', 'left*'],
  ['SSUBSCRIBE', 'left_behind'],
];

/** Leaves behind what the next user of the connection must not find. */
async function leaveDisorder(session: RedisSession, random: Random): Promise<number> {
  const left = disorder.filter(() => random.chance(40));
  for (const args of left) {
    session.client.send(...args);
    await session.inTime(() => heard(session));
  }
  leave(session, random);
  return left.length + 1;
}

async function heard(session: RedisSession): Promise<string> {
  const reply = await session.client.read();
  if (reply === 'ended') throw new SessionEnded('', reply);
  return reply;
}

/** Leaves within a transaction, which must never be carried out. */
async function leaveTransaction(session: RedisSession, random: Random): Promise<number> {
  const asked = [exchange(['MULTI'], ok), exchange(journalCommand(session, undoneWord(session)), queued)];
  session.say(asked);
  if (random.chance(70)) await session.hear(asked);
  leave(session, random);
  return 3;
}

/** Leaves while it waits for what will not come. */
async function leaveBlocked(session: RedisSession, random: Random): Promise<number> {
  const key = `q:${session.word()}`;
  session.client.send(
    ...random.pick<readonly string[]>([
      ['BLPOP', key, '0'],
      ['BLMOVE', key, key, 'LEFT', 'RIGHT', '0'],
      ['XREAD', 'BLOCK', '0', 'STREAMS', key, '$'],
    ]),
  );
  await setTimeout(random.below(3));
  leave(session, random);
  return 2;
}

/** Leaves while values are on their way. */
async function leaveResult(session: RedisSession, random: Random): Promise<number> {
  const times = random.between(5, 50);
  session.client.write(command('GET', `big:${session.person}`).repeat(times));
  for (let left = random.below(3); left > 0; left -= 1) await session.inTime(() => heard(session));
  leave(session, random);
  return times + 1;
}

/** Leaves with questions that are not answered yet. */
async function leavePipeline(session: RedisSession, random: Random): Promise<number> {
  const asked = someQuestions(questions, session, random, random.between(1, 15));
  session.say(asked);
  await session.hear(asked.slice(0, random.below(asked.length)));
  leave(session, random);
  return asked.length + 1;
}

/** Leaves in the middle of a command. */
async function leaveHalfCommand(session: RedisSession, random: Random): Promise<number> {
  const whole = command(...journalCommand(session, undoneWord(session)));
  session.client.write(whole.slice(0, random.between(1, whole.length - 1)));
  // Another command would complete this one, since servers count bytes.
  leave(session, random, Buffer.alloc(0));
  return 2;
}

async function leaveCleanly(session: RedisSession, random: Random): Promise<number> {
  leave(session, random);
  return 1;
}

/** Has its own connection killed while it waits: all that is still heard is its own, and then the end. */
async function killBlocked(session: RedisSession, random: Random): Promise<number> {
  const asked: readonly Exchange[] = [
    ...someQuestions(questions, session, random, random.between(0, 10)),
    exchange(['BLPOP', `q:${session.word()}`, '0'], 'nothing'),
  ];
  session.say(asked);
  await setTimeout(random.below(5));
  await session.parts.killSwitch.kill(session.backend);
  const end = await session.hear(asked).catch((thrown: unknown) => thrown);
  if (end instanceof SessionEnded) return asked.length + 1;
  throw end ?? new Violation('a connection that was killed has answered');
}

/** Has the connection killed after it has left: who gets it next may lose it, nobody else. */
async function killIdle(session: RedisSession, random: Random): Promise<number> {
  leave(session, random);
  await setTimeout(random.below(3));
  await session.parts.killSwitch.killIdle(session.backend);
  return 2;
}

/** Says what is no command. */
async function babble(session: RedisSession, random: Random): Promise<number> {
  session.client.write(random.pick(['*1\r\n$-5\r\n', '*1\r\n:7\r\n', '*x\r\n']));
  const reply = await session.inTime(() => heard(session));
  if (!/^-ERR Protocol error/.test(reply)) throw new Violation(`nonsense was answered: ${reply}`);
  const end = await session.inTime(() => session.client.read());
  if (end !== 'ended') throw new Violation(`and then ${end}`);
  return 2;
}

/** Ways to go, in order or not. */
export const lastActs: readonly [Act<RedisSession>, ...(readonly Act<RedisSession>[])] = [
  { name: 'leave', weight: 20, run: leaveCleanly },
  { name: 'leave disorder', weight: 30, run: leaveDisorder },
  { name: 'leave a transaction', weight: 8, run: leaveTransaction },
  { name: 'leave blocked', weight: 8, run: leaveBlocked },
  { name: 'leave a result', weight: 8, run: leaveResult },
  { name: 'leave a pipeline', weight: 10, run: leavePipeline },
  { name: 'leave half a command', weight: 6, run: leaveHalfCommand },
  { name: 'kill blocked', weight: 5, run: killBlocked },
  { name: 'kill idle', weight: 3, run: killIdle },
  { name: 'babble', weight: 2, run: babble },
];
