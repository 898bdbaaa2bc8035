import type { PlannedStatement } from '../../role-manager.ts';
import { identifiedByNothing } from './password-verifier.ts';
import type { Product } from './product.ts';
import type { AccountState } from './server-state.ts';
import type { WantedAccount } from './wanted-accounts.ts';

/**
 * Makes the account when it is missing, and takes back what it should not have become. Until it has
 * a password it takes none: without a verifier it would be open to everybody.
 */
export function planAccount(
  wanted: WantedAccount,
  found: AccountState | undefined,
  product: Product,
): readonly PlannedStatement[] {
  const { login, sql, connections, tls } = wanted;
  const require = tls ? 'REQUIRE SSL' : 'REQUIRE NONE';
  const limit = `WITH MAX_USER_CONNECTIONS ${connections}`;
  const nobody = identifiedByNothing[product];
  const passwords = ['PASSWORD EXPIRE NEVER', ...(product === 'mysql' ? [guard] : [])];
  if (found === undefined) {
    return [
      {
        sql: ['CREATE USER', sql, nobody, require, limit, ...passwords].join(' '),
        because: `login ${login} is missing`,
      },
    ];
  }

  const drift = (differs: boolean, clause: string, because: string): readonly PlannedStatement[] =>
    differs ? [{ sql: `ALTER USER ${sql} ${clause}`, because: `login ${login} ${because}` }] : [];
  return [
    ...drift(found.emptyPassword && !found.locked, nobody, 'is open to everybody without a password'),
    ...drift(tls && found.tls === '', require, 'may sign in without TLS'),
    // A session over a connection that is not encrypted could never begin.
    ...drift(!tls && found.tls !== '', require, 'must use TLS, which the configuration turns off'),
    ...drift(
      found.connections !== connections,
      limit,
      `may open ${found.connections === 0 ? 'any number of' : found.connections} connections instead of ${connections}`,
    ),
    ...drift(!found.neverExpires, 'PASSWORD EXPIRE NEVER', 'has a password that may expire'),
    ...drift(product === 'mysql' && !found.guardsPassword, guard, 'may change its own password'),
  ];
}

/** Whoever is signed in must then know the password to change it (SET PASSWORD), and people do not. */
const guard = 'PASSWORD REQUIRE CURRENT';
