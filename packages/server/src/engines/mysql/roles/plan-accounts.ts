import type { Database } from '../../../core/index.ts';
import { type Finding, findingByHand, type PlannedStatement } from '../../role-manager.ts';
import { planAccount } from './plan-account.ts';
import { planFindings } from './plan-findings.ts';
import { planPrivileges } from './plan-privileges.ts';
import { planStatements } from './plan-statements.ts';
import type { ServerState } from './server-state.ts';
import type { WantedAccount } from './wanted-accounts.ts';

/**
 * The statements that bring `state` to `wanted`, in the order to run them, and behind them what is left to the
 * administrator. Pure. Whatever a managed login holds beyond its template is taken away again: a plan is also the
 * report of drift.
 */
export function planAccounts(
  database: Database,
  wanted: readonly WantedAccount[],
  state: ServerState,
): readonly PlannedStatement[] {
  const changes = wanted.flatMap((role) => {
    const found = state.accounts.find(({ name, host }) => name === role.login && host === '%');
    return [
      ...planAccount(role, found, state.product),
      ...(role.kind === 'template'
        ? planPrivileges(role, found, database.upstreamName, state.product)
        : planStatements(role, found, state)),
    ];
  });
  return [...changes, ...accountFindings(database, state).map(findingByHand)];
}

/** What is weak about the mapped accounts. Pure. */
export function accountFindings(database: Database, state: ServerState): readonly Finding[] {
  return planFindings({ roles: database.roles, tls: database.tls !== 'off' }, state);
}
