import { setTimeout } from 'node:timers/promises';
import { bytesOf, query, terminate } from '../../support/postgres-messages.ts';
import type { Act } from '../oracle-engine.ts';
import { someQuestions } from '../questions.ts';
import type { Random } from '../random.ts';
import { SessionEnded, Violation } from '../violation.ts';
import { questions } from './acts.ts';
import { leave } from './departures.ts';
import { exchange } from './exchange.ts';
import type { PostgresSession } from './postgres-session.ts';
import { type Reply, readReply } from './reply.ts';

const cancelled = 'canceling statement due to user request';

/** Cancels an own long statement. A cancel that comes too early for it changes nothing. */
async function cancelOwn(session: PostgresSession, random: Random): Promise<number> {
  const word = session.word();
  session.client.write(bytesOf(query(`SELECT '${word}', pg_sleep(0.1)`)));
  await setTimeout(random.below(5));
  await session.parts.cancel(session.parts.cancelKey);
  await session.inTime(async () => checkCancelled(await readReply(session.client), word));
  leave(session, random);
  return 3;
}

/** A server may notice the cancel when it has sent the row already. */
function checkCancelled(reply: Reply, word: string): void {
  const own = reply.rows.every((row) => row[0]?.toString() === word);
  const finished = reply.types === 'TDCZ' && own;
  const stopped = /^(T?|TD)EZ$/.test(reply.types) && own && reply.texts[0] === cancelled;
  if (!finished && !stopped) throw new Violation(`neither cancelled nor finished: ${JSON.stringify(reply)}`);
}

/** Cancels a statement that ends at the same time, and is gone at once: the next user must not be hit. */
async function cancelAndLeave(session: PostgresSession, random: Random): Promise<number> {
  const { cancel, cancelKey } = session.parts;
  const word = session.word();
  session.client.write(bytesOf(query(`SELECT '${word}', pg_sleep(0)`)));
  const cancels = Array.from({ length: random.between(1, 3) }, () => cancel(cancelKey));
  if (random.chance(70))
    await session.inTime(async () => checkCancelled(await readReply(session.client), word));
  leave(session, random);
  await Promise.all(cancels);
  return 2 + cancels.length;
}

/** Cancels with the key of a session that is over, and with one that nobody has. */
async function cancelLate(session: PostgresSession, random: Random): Promise<number> {
  const { cancel, cancelKey } = session.parts;
  session.client.socket.end(bytesOf(terminate));
  await setTimeout(random.below(3));
  await Promise.all([cancel(cancelKey), cancel(Buffer.from(cancelKey).reverse())]);
  return 3;
}

/** Has its own backend killed while it works: everything that it still hears is its own, and then the reason. */
async function killOwn(session: PostgresSession, random: Random): Promise<number> {
  const asked = [
    ...someQuestions(questions, session, random, random.between(0, 10)),
    exchange([query('SELECT pg_sleep(60)')], { types: '' }),
  ];
  session.say(asked);
  await setTimeout(random.below(5));
  await session.parts.killSwitch.kill(session.backend);
  try {
    await session.hear(asked);
  } catch (thrown) {
    if (thrown instanceof SessionEnded && thrown.code === '57P01') return asked.length + 1;
    throw thrown;
  }
  throw new Violation('the statements of a backend that was killed have all succeeded');
}

/** Has the backend killed after it has left: who gets the connection next may lose it, nobody else. */
async function killIdle(session: PostgresSession, random: Random): Promise<number> {
  session.client.socket.end(bytesOf(terminate));
  await setTimeout(random.below(3));
  await session.parts.killSwitch.killIdle(session.backend);
  return 2;
}

/** Idles in a transaction for longer than it may. */
async function idleTooLong(session: PostgresSession): Promise<number> {
  await session.converse([
    exchange([query("SET idle_in_transaction_session_timeout = '3ms'")], { types: 'C', tags: ['SET'] }),
  ]);
  session.client.write(bytesOf(query('BEGIN')));
  const end = await session.inTime(async () => {
    await readReply(session.client);
    return await readReply(session.client).catch((thrown: unknown) => thrown);
  });
  if (end instanceof SessionEnded && end.code === '25P03') return 3;
  throw new Violation(`an idle transaction went on: ${end}`);
}

/** Says what is no message. */
async function babble(session: PostgresSession, random: Random): Promise<number> {
  session.client.write(
    random.pick([
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.from([0x7a, 0, 0, 0, 4]),
      Buffer.from([0x51, 0, 0, 0, 1]),
    ]),
  );
  const end = await session.inTime(() => readReply(session.client).catch((thrown: unknown) => thrown));
  if (end instanceof SessionEnded && end.code === '08P01') return 2;
  throw new Violation(`nonsense was answered: ${end}`);
}

/** Ways to end that are nobody's wish. */
export const troubles: readonly Act<PostgresSession>[] = [
  { name: 'cancel', weight: 5, run: cancelOwn },
  { name: 'cancel and leave', weight: 12, run: cancelAndLeave },
  { name: 'cancel late', weight: 5, run: cancelLate },
  { name: 'kill', weight: 4, run: killOwn },
  { name: 'kill idle', weight: 3, run: killIdle },
  { name: 'idle too long', weight: 1, run: idleTooLong },
  { name: 'babble', weight: 2, run: babble },
];
