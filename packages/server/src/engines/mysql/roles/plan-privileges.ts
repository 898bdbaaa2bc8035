import type { PlannedStatement } from '../../role-manager.ts';
import { databasePattern, identifier } from './identifier.ts';
import type { Product } from './product.ts';
import type { AccountState, Held } from './server-state.ts';
import type { WantedAccount } from './wanted-accounts.ts';

/** Grants what the template says on the one database, and takes away everything else that the account holds. */
export function planPrivileges(
  wanted: Extract<WantedAccount, { kind: 'template' }>,
  found: AccountState | undefined,
  database: string,
  product: Product,
): readonly PlannedStatement[] {
  const pattern = databasePattern(database);
  const belongs = ({ kind, object, privilege, grantable }: Held) =>
    kind === 'database' && object === pattern && wanted.privileges.includes(privilege) && !grantable;
  const excess = (found?.holds ?? []).filter((held) => !belongs(held));
  const revoked = planRevocation(wanted, excess, product);
  const left = revokesAll(excess, product) ? [] : (found?.holds ?? []).filter(belongs);

  const missing = wanted.privileges.filter((one) => !left.some(({ privilege }) => privilege === one));
  if (missing.length === 0) return revoked;
  const privileges = missing.join(', ');
  return [
    ...revoked,
    {
      sql: `GRANT ${privileges} ON ${identifier(pattern)}.* TO ${wanted.sql}`,
      because: `${wanted.login} lacks ${privileges} on ${database}`,
    },
  ];
}

/**
 * Takes everything away from an account. A single privilege can only be revoked by who could grant it; all of them at
 * once by whoever may make accounts, which the manager account can.
 */
export function planRevocation(
  { login, sql }: WantedAccount,
  excess: readonly Held[],
  product: Product,
): readonly PlannedStatement[] {
  if (excess.length === 0) return [];
  const because = `${login} holds ${describe(excess)}`;
  return [
    ...excess.flatMap(({ kind, object }) => {
      if (kind === 'proxy') return [{ sql: `REVOKE PROXY ON ${object} FROM ${sql}`, because }];
      return isRoleApart(kind, product) ? [{ sql: `REVOKE ${object} FROM ${sql}`, because }] : [];
    }),
    ...(revokesAll(excess, product)
      ? [{ sql: `REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${sql}`, because }]
      : []),
  ];
}

function revokesAll(excess: readonly Held[], product: Product): boolean {
  return excess.some(({ kind }) => kind !== 'proxy' && !isRoleApart(kind, product));
}

/** MariaDB takes roles away together with the privileges, MySQL does not. */
function isRoleApart(kind: Held['kind'], product: Product): boolean {
  return kind === 'role' && product === 'mysql';
}

function describe(excess: readonly Held[]): string {
  const named = excess.slice(0, 3).map(({ kind, object, privilege, grantable }) => {
    const right = kind === 'role' ? `the role ${object}` : `${privilege} on ${object}`;
    return grantable ? `${right} with the right to grant it` : right;
  });
  const more = excess.length - named.length;
  return named.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
