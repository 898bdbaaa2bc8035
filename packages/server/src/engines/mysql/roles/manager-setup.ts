import type { Secret } from '../../../core/index.ts';
import { account, databasePattern, identifier, quoted } from './identifier.ts';
import { templates } from './templates.ts';

/** Who the manager account is to be. */
export interface ManagerSetup {
  readonly manager: string;
  readonly password: Secret;
  /** The database on the server. */
  readonly database: string;
}

/**
 * The statements that an administrator runs once, before the first `roles apply`. The account makes accounts, reads
 * what they hold, and grants what it holds on this one database; SUPER it has not.
 */
export function managerSetupStatements({ manager, password, database }: ManagerSetup): readonly string[] {
  const name = account(manager);
  const pattern = identifier(databasePattern(database));
  return [
    `CREATE USER ${name} IDENTIFIED BY ${quoted(password.reveal())}`,
    `GRANT CREATE USER ON *.* TO ${name}`,
    `GRANT SELECT ON mysql.* TO ${name}`,
    `GRANT ${templates.admin.join(', ')} ON ${pattern}.* TO ${name} WITH GRANT OPTION`,
  ];
}
