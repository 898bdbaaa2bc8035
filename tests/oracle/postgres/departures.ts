import { bytesOf, copyData, query, type RawCall, terminate } from '../../support/postgres-messages.ts';
import { leave as leaveSocket } from '../leave.ts';
import type { Act } from '../oracle-engine.ts';
import { someQuestions } from '../questions.ts';
import type { Random } from '../random.ts';
import { questions } from './acts.ts';
import { exchange } from './exchange.ts';
import { leftChannel } from './own-state.ts';
import type { PostgresSession } from './postgres-session.ts';
import { readReply } from './reply.ts';
import { insertText, undoneWord } from './writes.ts';

/** Goes, in one of the ways that programs do. */
export function leave({ client }: PostgresSession, random: Random): void {
  leaveSocket(client.socket, bytesOf(terminate), random);
}

/** What a session may leave on its connection, with the tag and the types of the answer: some settings are reported. */
export const disorder = [
  ["SET oracle.marker = 'left'", 'SET', 'C'],
  ["SET statement_timeout = '1h'", 'SET', 'C'],
  ['SET search_path = pg_catalog', 'SET', 'CS'],
  ["SET application_name = 'left'", 'SET', 'CS'],
  ["SET client_encoding = 'LATIN1'", 'SET', 'CS'],
  ['CREATE TEMP TABLE left_behind (a int)', 'CREATE TABLE', 'C'],
  ['PREPARE left_behind AS SELECT 1', 'PREPARE', 'C'],
  ['DECLARE left_behind CURSOR WITH HOLD FOR SELECT 1', 'DECLARE CURSOR', 'C'],
  ['SET default_transaction_read_only = on', 'SET', 'CS'],
] as const;

/** Leaves behind what the next user of the connection must not find. */
async function leaveDisorder(session: PostgresSession, random: Random): Promise<number> {
  const { client } = session;
  const taken = query("SELECT pg_advisory_lock_shared(7), nextval('tick') > 0");
  await session.converse([exchange([taken], { types: 'TDC', rows: [['', 't']], tags: ['SELECT 1'] })]);
  const left = disorder.filter(() => random.chance(50));
  for (const [text, tag, types] of left) {
    await session.converse([exchange([query(text)], { types, tags: [tag] })]);
  }
  if (random.chance(50)) {
    // From here on, a notification may stand anywhere.
    client.write(bytesOf(query(`LISTEN ${leftChannel}`)));
    await session.inTime(() => readReply(client));
  }
  leave(session, random);
  return left.length + 3;
}

/** Leaves in the middle of a transaction, which must never be committed. */
async function leaveTransaction(session: PostgresSession, random: Random): Promise<number> {
  const calls: readonly RawCall[] = [query('BEGIN'), query(insertText(session, undoneWord(session)))];
  session.client.write(bytesOf(...calls));
  if (random.chance(70)) {
    await session.inTime(async () => {
      await readReply(session.client);
      await readReply(session.client);
    });
  }
  leave(session, random);
  return 3;
}

/** Leaves while rows are on their way. */
async function leaveResult(session: PostgresSession, random: Random): Promise<number> {
  const rows = random.between(100, 20_000);
  session.client.write(
    bytesOf(
      query(`SELECT ${session.person}, repeat('${session.word()}', 10) FROM generate_series(1, ${rows})`),
    ),
  );
  for (let left = random.below(3); left > 0; left -= 1) await session.client.read();
  leave(session, random);
  return 2;
}

/** Leaves with questions that are not answered yet. */
async function leavePipeline(session: PostgresSession, random: Random): Promise<number> {
  const asked = someQuestions(questions, session, random, random.between(1, 15));
  session.say(asked);
  await session.hear(asked.slice(0, random.below(asked.length)));
  leave(session, random);
  return asked.length + 1;
}

/** Leaves in the middle of a message, or of the data of a COPY. */
async function leaveHalfMessage(session: PostgresSession, random: Random): Promise<number> {
  const word = undoneWord(session);
  const whole = bytesOf(
    ...(random.chance(50)
      ? [query(insertText(session, word))]
      : [query('COPY journal FROM STDIN'), copyData(`${session.person}\t${word}\n`)]),
  );
  session.client.write(whole.subarray(0, random.between(1, whole.length - 1)));
  leave(session, random);
  return 2;
}

async function leaveCleanly(session: PostgresSession, random: Random): Promise<number> {
  leave(session, random);
  return 1;
}

/** Ways to go, in order or not. */
export const departures: readonly [Act<PostgresSession>, ...(readonly Act<PostgresSession>[])] = [
  { name: 'leave', weight: 20, run: leaveCleanly },
  { name: 'leave disorder', weight: 30, run: leaveDisorder },
  { name: 'leave a transaction', weight: 8, run: leaveTransaction },
  { name: 'leave a result', weight: 8, run: leaveResult },
  { name: 'leave a pipeline', weight: 10, run: leavePipeline },
  { name: 'leave half a message', weight: 6, run: leaveHalfMessage },
];
