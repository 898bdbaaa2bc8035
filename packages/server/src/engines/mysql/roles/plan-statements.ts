import type { PlannedStatement } from '../../role-manager.ts';
import { quoted } from './identifier.ts';
import { planRevocation } from './plan-privileges.ts';
import type { AccountState, ServerState } from './server-state.ts';
import { marksOf, type WantedAccount } from './wanted-accounts.ts';

/**
 * Runs the operator's own statements when they are new or changed; a role without rights remembers which ones ran.
 * What reaches beyond databases is taken away in any case, and they then run again.
 */
export function planStatements(
  wanted: Extract<WantedAccount, { kind: 'statements' }>,
  found: AccountState | undefined,
  state: ServerState,
): readonly PlannedStatement[] {
  const { login, mark, statements } = wanted;
  const excess = (found?.holds ?? []).filter(({ kind }) => kind === 'server' || kind === 'proxy');
  const revoked = planRevocation(wanted, excess, state.product);
  const own = [...state.marks].filter((name) => name.startsWith(marksOf(login)));
  const ran = found !== undefined && own.includes(mark);
  if (ran && !revoked.some(({ sql }) => sql.startsWith('REVOKE ALL'))) return revoked;

  const because = `the statements of ${login} are new or changed`;
  // The mark goes first: of what is broken off half-way it would say that all of it ran.
  return [
    ...own.map((name) => ({ sql: `DROP ROLE ${quoted(name)}`, because })),
    ...revoked,
    ...statements.sql.map((sql) => ({ sql, because })),
    { sql: `CREATE ROLE ${quoted(mark)}`, because },
  ];
}
