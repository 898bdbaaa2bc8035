import { initDatabase, prepare, query, setOption } from '../../differential/mysql/commands.ts';
import { commandBytes } from '../../support/differential-mysql-client.ts';
import { leave as leaveSocket } from '../leave.ts';
import type { Act } from '../oracle-engine.ts';
import { someQuestions } from '../questions.ts';
import type { Random } from '../random.ts';
import { questions } from './acts.ts';
import { exchange, textRow } from './exchange.ts';
import type { MysqlSession } from './mysql-session.ts';
import { insertText, undoneWord } from './writes.ts';

const quit = commandBytes(Buffer.of(1));

/** Goes, in one of the ways that programs do. */
export function leave(session: MysqlSession, random: Random): void {
  session.parts.ended();
  leaveSocket(session.client.socket, quit, random);
}

/**
 * What a session may leave on its connection. The table comes first, since all may be read-only
 * later; a lock on tables comes last: what is not locked is refused then.
 */
const disorder = [
  query('CREATE TEMPORARY TABLE left_behind (a INT)'),
  query("SET @left_behind = 'left', @marker = 'left'"),
  query("SET sql_mode = 'ANSI_QUOTES'"),
  query("SET time_zone = '+05:00'"),
  query('SET NAMES latin1'),
  query('SET sql_select_limit = 1'),
  query('SET group_concat_max_len = 5'),
  query("SET lc_time_names = 'de_DE'"),
  query('SET foreign_key_checks = 0, sql_safe_updates = 1'),
  query('SET timestamp = 7'),
  query('SET wait_timeout = 9999'),
  query('SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY'),
  query('SET TRANSACTION READ ONLY'),
  query('SELECT LAST_INSERT_ID(77) INTO @left_behind'),
  query("PREPARE left_behind FROM 'SELECT 1'"),
  query('SET autocommit = 0'),
  prepare('left behind', 'SELECT 1'),
  initDatabase('information_schema'),
  query('LOCK TABLES app.lockable READ'),
  setOption(1),
] as const;

/** Leaves behind what the next user of the connection must not find. */
async function leaveDisorder(session: MysqlSession, random: Random): Promise<number> {
  const locked = query("SELECT GET_LOCK(CONCAT('left_', CONNECTION_ID()), 0)");
  const left = disorder.filter(() => random.chance(30));
  await session.converse([
    exchange(locked, { rows: [textRow(1)] }),
    ...left.map((command) => exchange(command)),
  ]);
  leave(session, random);
  return left.length + 2;
}

/** Leaves in the middle of a transaction, which must never be committed. */
async function leaveTransaction(session: MysqlSession, random: Random): Promise<number> {
  const asked = [
    exchange(query(random.chance(50) ? 'BEGIN' : 'SET autocommit = 0')),
    exchange(query(insertText(session, undoneWord(session)))),
  ];
  session.say(asked);
  if (random.chance(70)) await session.hear(asked);
  leave(session, random);
  return 3;
}

/** Leaves while rows are on their way. */
async function leaveResult(session: MysqlSession, random: Random): Promise<number> {
  const word = session.word();
  const text = `SELECT a.owner, a.payload, REPEAT('${word}', 10) FROM tagged a, tagged b LIMIT ${random.between(100, 20_000)}`;
  session.client.write(session.bytesOf(query(text)));
  for (let left = random.below(3); left > 0; left -= 1) await session.client.read().catch(() => {});
  leave(session, random);
  return 2;
}

/** Leaves with questions that are not answered yet. */
async function leavePipeline(session: MysqlSession, random: Random): Promise<number> {
  const asked = someQuestions(questions, session, random, random.between(1, 15));
  session.say(asked);
  await session.hear(asked.slice(0, random.below(Math.max(1, asked.length))));
  leave(session, random);
  return asked.length + 1;
}

/** Leaves in the middle of a command. */
async function leaveHalfCommand(session: MysqlSession, random: Random): Promise<number> {
  const whole = session.bytesOf(query(insertText(session, undoneWord(session))));
  session.client.write(whole.subarray(0, random.between(1, whole.length - 1)));
  leave(session, random);
  return 2;
}

async function leaveCleanly(session: MysqlSession, random: Random): Promise<number> {
  leave(session, random);
  return 1;
}

/** Ways to go, in order or not. */
export const departures: readonly [Act<MysqlSession>, ...(readonly Act<MysqlSession>[])] = [
  { name: 'leave', weight: 20, run: leaveCleanly },
  { name: 'leave disorder', weight: 30, run: leaveDisorder },
  { name: 'leave a transaction', weight: 8, run: leaveTransaction },
  { name: 'leave a result', weight: 8, run: leaveResult },
  { name: 'leave a pipeline', weight: 10, run: leavePipeline },
  { name: 'leave half a command', weight: 6, run: leaveHalfCommand },
];
