import pg from 'pg';
import { Refusal } from '../../../core/index.ts';
import type { PlannedStatement } from '../../role-manager.ts';

/**
 * Runs plans until nothing is left. A second round is needed when the first one gave the manager rights on objects that
 * it could not see before. What is left after that is beyond the manager, and whoever called keeps nothing of it all.
 *
 * Gives what ran, and behind it what plans leave to an administrator.
 * @throws Refusal `statement_failed`, `request_invalid` with what is left
 */
export async function applyInRounds(
  makePlan: () => Promise<readonly PlannedStatement[]>,
  run: (sql: string) => Promise<unknown>,
): Promise<readonly PlannedStatement[]> {
  const done: PlannedStatement[] = [];
  let plan = await makePlan();
  for (let round = 1; plan.some(isOurs) && round <= 3; round++) {
    for (const statement of plan.filter(isOurs)) {
      await run(statement.sql).catch((cause: unknown) => {
        throw statementFailed(statement.sql, cause);
      });
      done.push(statement);
    }
    plan = await makePlan();
  }
  const left = plan.find(isOurs);
  if (left !== undefined) {
    throw new Refusal('request_invalid', {
      what: `The manager account cannot change this, so nothing was changed: ${left.because}. As an administrator run: ${left.sql}`,
    });
  }
  return [...done, ...plan];
}

function isOurs({ byHand }: PlannedStatement): boolean {
  return byHand !== true;
}

/** What a server said of a statement of ours. `sql` is as it may be shown, without a secret. */
export function statementFailed(sql: string, cause: unknown): Refusal {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const sqlstate = cause instanceof pg.DatabaseError ? (cause.code ?? 'XX000') : 'XX000';
  return new Refusal('statement_failed', { message: `${reason} (${sql})`, sqlstate }, cause);
}
