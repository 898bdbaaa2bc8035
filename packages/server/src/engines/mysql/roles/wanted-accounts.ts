import { createHash } from 'node:crypto';
import type { Database } from '../../../core/index.ts';
import { type ManagedRole, managedRoles } from '../../managed-roles.ts';
import { type OperatorStatements, operatorStatements } from '../../operator-statements.ts';
import { account, accountName } from './identifier.ts';
import type { Product } from './product.ts';
import { statementProblem } from './statement-problem.ts';
import { templates } from './templates.ts';

/** One managed role as the server should know it: an account for every host. */
export type WantedAccount =
  | (WantedLogin & { readonly kind: 'template'; readonly privileges: readonly string[] })
  | (WantedLogin & {
      readonly kind: 'statements';
      readonly statements: OperatorStatements;
      readonly mark: string;
    });

interface WantedLogin {
  readonly login: string;
  /** Quoted, with its host. */
  readonly sql: string;
  readonly connections: number;
  readonly tls: boolean;
}

/**
 * Names of roles that nobody holds begin with this; each remembers that the statements of one login have run. Accounts
 * of MariaDB have nothing else that could.
 */
export const markPrefix = 'grantway_ran_';

/**
 * What the configuration wants of the server.
 * @throws Refusal `request_invalid` for a name or statement that cannot be what the operator means
 */
export function wantedAccounts(database: Database, product: Product): readonly WantedAccount[] {
  return managedRoles(database).map((role) => wanted(database, role, product));
}

function wanted(
  { pool, tls }: Database,
  { login: name, grants }: ManagedRole,
  product: Product,
): WantedAccount {
  const login = accountName(name, product);
  const sql = account(login);
  const common = {
    login,
    sql,
    // A second connection beside each of the pool's, to end its statement, and one to try a password.
    connections: 2 * pool.size + 1,
    tls: tls !== 'off',
  };
  switch (grants.kind) {
    case 'template':
      return { kind: 'template', ...common, privileges: templates[grants.template] };
    case 'statements': {
      const statements = operatorStatements(
        grants.statements,
        { name: login, quoted: sql },
        statementProblem,
      );
      return { kind: 'statements', ...common, statements, mark: markOf(login, statements.digest) };
    }
  }
}

/** What the marks of one login begin with; its name itself may be too long for a role's. */
export function marksOf(login: string): string {
  return `${markPrefix}${createHash('sha256').update(login).digest('hex').slice(0, 8)}_`;
}

/** 32 characters at most, which is what MySQL takes. */
function markOf(login: string, digest: string): string {
  return `${marksOf(login)}${digest.slice(0, 10)}`;
}
