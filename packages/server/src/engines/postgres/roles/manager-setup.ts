import pg from 'pg';
import { roleName } from './identifier.ts';

/** Who the manager account is to be. */
export interface ManagerSetup {
  readonly manager: string;
  /** The role that owns the database, its schemas and its tables. */
  readonly owner: string;
  /** A SCRAM verifier, or a clear password when somebody pastes the statements by hand. */
  readonly password: string;
  /** For example 180004. */
  readonly serverVersion: number;
}

/**
 * The statements that an administrator runs once, before the first `roles apply`. The account makes roles (CREATEROLE)
 * and has the owner's rights, which is what lets it grant them on; it is no superuser and can never become one.
 */
export function managerSetupStatements(setup: ManagerSetup): readonly string[] {
  const manager = pg.escapeIdentifier(roleName(setup.manager));
  const owner = pg.escapeIdentifier(setup.owner);
  return [
    `CREATE ROLE ${manager} LOGIN CREATEROLE PASSWORD ${pg.escapeLiteral(setup.password)}`,
    `GRANT ${owner} TO ${manager}${setup.serverVersion >= 160_000 ? ' WITH INHERIT TRUE, SET FALSE' : ''}`,
  ];
}
