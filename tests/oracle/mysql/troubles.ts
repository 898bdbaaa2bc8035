import { setTimeout } from 'node:timers/promises';
import type { Answer } from '../../differential/mysql/answer-reader.ts';
import { query } from '../../differential/mysql/commands.ts';
import type { Act } from '../oracle-engine.ts';
import { someQuestions } from '../questions.ts';
import type { Random } from '../random.ts';
import { SessionEnded, Violation } from '../violation.ts';
import { questions } from './acts.ts';
import { leave } from './departures.ts';
import { type Exchange, exchange, expectAnswer, linesOf } from './exchange.ts';
import type { MysqlSession } from './mysql-session.ts';

/** A statement that may be cancelled at any point: a server that wakes from SLEEP gives 1 in its row. */
function cancellable(session: MysqlSession, seconds: number): Exchange {
  const word = session.word();
  return {
    command: query(`SELECT '${word}', SLEEP(${seconds})`),
    check: (answer) => checkCancelled(answer, word),
  };
}

function checkCancelled(answer: Answer, word: string): void {
  const { rows, errors } = linesOf(answer.lines);
  const own = rows.length <= 1 && rows.every((row) => /^Row "(.*)" \| "[01]"$/.exec(row)?.[1] === word);
  const stopped = errors.length === 1 && errors[0]?.startsWith('ERR 1317 ') === true;
  if (!own || !(stopped || (errors.length === 0 && rows.length === 1))) {
    throw new Violation(`neither cancelled nor finished: ${answer.lines.join('\n')}`);
  }
}

/** Sends a KILL on another connection of the same person, as Ctrl-C does. Too late is no fault: it finds nobody then. */
async function killFromElsewhere(session: MysqlSession, what: string, times = 1): Promise<void> {
  const { another, connectionId, killSwitch } = session.parts;
  const command = query(`KILL ${what} ${connectionId}`);
  const check = (answer: Answer) =>
    expectAnswer(command, answer, answer.errors.length > 0 ? { errors: [/^ERR 1094 /] } : {});
  for (;;) {
    let other: MysqlSession | undefined;
    try {
      other = await another();
      await other.converse(Array.from({ length: times }, () => ({ command, check })));
      return;
    } catch (thrown) {
      // It may have got a connection that had been killed while idle: then another one must do it.
      if (!(thrown instanceof SessionEnded) || !killSwitch.excuses(other?.backend)) throw thrown;
    } finally {
      other?.close();
    }
  }
}

/** Cancels an own long statement. */
async function cancelOwn(session: MysqlSession, random: Random): Promise<number> {
  const asked = [cancellable(session, 0.1)];
  session.say(asked);
  await killFromElsewhere(session, 'QUERY');
  await session.hear(asked);
  leave(session, random);
  return 4;
}

/** Cancels a statement that ends at the same time, and is gone at once: the next user must not be hit. */
async function cancelAndLeave(session: MysqlSession, random: Random): Promise<number> {
  const asked = [cancellable(session, random.pick([0, 0.002, 0.01]))];
  const times = random.between(1, 3);
  const killed = killFromElsewhere(session, 'QUERY', times);
  await setTimeout(random.below(5));
  session.say(asked);
  const heard = random.chance(70) ? session.hear(asked) : Promise.resolve();
  await heard.finally(() => leave(session, random));
  await killed;
  return 3 + times;
}

/** Cancels a session that is over. */
async function cancelLate(session: MysqlSession, random: Random): Promise<number> {
  leave(session, random);
  await killFromElsewhere(session, random.pick(['QUERY', 'CONNECTION', '']));
  return 3;
}

/** Something to be killed at: all that is still heard is its own, and then the end. */
function sleepBehindQuestions(session: MysqlSession, random: Random): readonly Exchange[] {
  return [
    ...someQuestions(questions, session, random, random.between(0, 10)),
    exchange(query('SELECT SLEEP(60)')),
  ];
}

/** Ends its session by its number. */
async function killConnection(session: MysqlSession, random: Random): Promise<number> {
  const asked = sleepBehindQuestions(session, random);
  session.say(asked);
  const end = session.hear(asked).catch((thrown: unknown) => thrown);
  await killFromElsewhere(session, random.pick(['CONNECTION', '']));
  return checkEnd(await end, asked.length + 2);
}

/** Has its own backend killed while it works. */
async function killBackend(session: MysqlSession, random: Random): Promise<number> {
  const asked = sleepBehindQuestions(session, random);
  session.say(asked);
  await setTimeout(random.below(5));
  await session.parts.killSwitch.kill(session.backend);
  return checkEnd(await session.hear(asked).catch((thrown: unknown) => thrown), asked.length + 1);
}

function checkEnd(end: unknown, operations: number): number {
  if (end instanceof SessionEnded) return operations;
  if (end !== undefined) throw end;
  throw new Violation('the statements of a session that was killed have all succeeded');
}

/** Has the backend killed after it has left: who gets the connection next may lose it, nobody else. */
async function killIdle(session: MysqlSession, random: Random): Promise<number> {
  leave(session, random);
  await setTimeout(random.below(3));
  await session.parts.killSwitch.killIdle(session.backend);
  return 2;
}

/** Ways to end that are nobody's wish. */
export const troubles: readonly Act<MysqlSession>[] = [
  { name: 'cancel', weight: 4, run: cancelOwn },
  { name: 'cancel and leave', weight: 8, run: cancelAndLeave },
  { name: 'cancel late', weight: 3, run: cancelLate },
  { name: 'kill connection', weight: 3, run: killConnection },
  { name: 'kill', weight: 4, run: killBackend },
  { name: 'kill idle', weight: 3, run: killIdle },
];
