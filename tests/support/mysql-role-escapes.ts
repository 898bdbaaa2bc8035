import type { RowDataPacket } from 'mysql2';
import type { Connection } from 'mysql2/promise';

/**
 * One way that was seen to leave, or might leave, a role which somebody only `SET` on a shared login, or to reach
 * beyond the database. When the mapped role is the login itself, none of them changes who the session is.
 */
export interface MysqlRoleEscape {
  readonly name: string;
  /** Run one after the other on one connection that takes several statements in a text. */
  readonly statements: readonly string[];
  /**
   * `refused`: one of the statements fails because it may not be. `harmless`: all succeed, and nothing changes.
   * `unknown`: this product has no such statement.
   */
  readonly end: Readonly<Record<'mysql' | 'mariadb', 'refused' | 'harmless' | 'unknown'>>;
}

/** Whom a session might like to be. */
export interface MysqlTargets {
  /** A role with rights that the login has not. */
  readonly role: string;
  /** An account with rights that the login has not. */
  readonly account: string;
  /** The connection number of somebody else's session. */
  readonly session: number;
}

const refused = { mysql: 'refused', mariadb: 'refused' } as const;
const harmless = { mysql: 'harmless', mariadb: 'harmless' } as const;
const mysqlOnly = (end: 'refused' | 'harmless') => ({ mysql: end, mariadb: 'unknown' }) as const;
const mariadbOnly = (end: 'refused' | 'harmless') => ({ mysql: 'unknown', mariadb: end }) as const;

/** The forms that are about the active role and the account. */
export function mysqlRoleEscapes({ role, account }: MysqlTargets): readonly MysqlRoleEscape[] {
  const form = (end: MysqlRoleEscape['end'], name: string, ...statements: string[]): MysqlRoleEscape => ({
    name,
    statements,
    end,
  });
  return [
    form(harmless, 'SET ROLE NONE', 'SET ROLE NONE'),
    form(mysqlOnly('harmless'), 'SET ROLE DEFAULT', 'SET ROLE DEFAULT'),
    form(mysqlOnly('harmless'), 'SET ROLE ALL', 'SET ROLE ALL'),
    form(mysqlOnly('harmless'), 'SET ROLE ALL EXCEPT', `SET ROLE ALL EXCEPT 'nobody'`),
    form(harmless, 'nothing at all (control)', 'SELECT 1'),
    form(refused, 'SET ROLE another', `SET ROLE '${role}'`),
    form(refused, 'a versioned comment', `/*!50000 SET ROLE '${role}' */`),
    form(refused, 'a second statement', `SELECT 1; SET ROLE '${role}'`),
    form(
      refused,
      'a prepared statement with a composed text',
      `SET @escape = CONCAT('SET RO', 'LE ${role}')`,
      'PREPARE escape FROM @escape',
      'EXECUTE escape',
    ),
    form(mariadbOnly('refused'), 'EXECUTE IMMEDIATE', `EXECUTE IMMEDIATE CONCAT('SET RO', 'LE ${role}')`),
    form(
      refused,
      'a procedure that sets it',
      `CREATE PROCEDURE escape() SQL SECURITY DEFINER SET ROLE '${role}'`,
      'CALL escape()',
    ),
    form(mysqlOnly('refused'), 'a default role', `ALTER USER CURRENT_USER() DEFAULT ROLE '${role}'`),
    form(mariadbOnly('refused'), 'a default role of MariaDB', `SET DEFAULT ROLE '${role}'`),
    form(refused, 'granting the role to oneself', `GRANT '${role}' TO CURRENT_USER()`),
    form(refused, 'granting a right to oneself', 'GRANT ALL PRIVILEGES ON *.* TO CURRENT_USER()'),
    form(refused, 'becoming a proxy', `GRANT PROXY ON ${account} TO CURRENT_USER()`),
    form(refused, 'a new account', `CREATE USER stranger IDENTIFIED BY 'x'`),
    form(refused, 'another account’s password', `ALTER USER ${account} IDENTIFIED BY 'x'`),
    form(refused, 'the privilege tables', `UPDATE mysql.user SET Host = '%'`),
    form(
      refused,
      'a view of somebody else’s',
      `CREATE DEFINER = ${account} SQL SECURITY DEFINER VIEW escape AS SELECT * FROM mysql.user`,
    ),
    form(
      refused,
      'a routine of somebody else’s',
      `CREATE DEFINER = ${account} FUNCTION escape() RETURNS INT RETURN 1`,
    ),
    form(
      refused,
      'a trigger',
      `CREATE TRIGGER escape BEFORE INSERT ON users FOR EACH ROW SET NEW.name = 'escaped'`,
    ),
    form(refused, 'an event', `CREATE EVENT escape ON SCHEDULE EVERY 1 DAY DO SET ROLE '${role}'`),
  ];
}

/** The forms that reach for files, programs, the server as a whole, and other people's sessions. */
export function mysqlServerEscapes({ session }: MysqlTargets): readonly MysqlRoleEscape[] {
  const form = (end: MysqlRoleEscape['end'], name: string, ...statements: string[]): MysqlRoleEscape => ({
    name,
    statements,
    end,
  });
  return [
    form(refused, 'INTO OUTFILE', `SELECT 1 INTO OUTFILE '/tmp/grantway-escape'`),
    form(refused, 'INTO DUMPFILE', `SELECT 1 INTO DUMPFILE '/tmp/grantway-escape'`),
    form(refused, 'LOAD DATA INFILE', `LOAD DATA INFILE '/etc/passwd' INTO TABLE users (name)`),
    form(refused, 'INSTALL PLUGIN', `INSTALL PLUGIN escape SONAME 'escape.so'`),
    form(mariadbOnly('refused'), 'INSTALL SONAME', `INSTALL SONAME 'escape'`),
    form(mysqlOnly('refused'), 'INSTALL COMPONENT', `INSTALL COMPONENT 'file://component_escape'`),
    form(
      refused,
      'a function of a library',
      `CREATE FUNCTION grantway_escape RETURNS INTEGER SONAME 'escape.so'`,
    ),
    form(
      refused,
      'a server to connect to',
      `CREATE SERVER escape FOREIGN DATA WRAPPER mysql OPTIONS (HOST '127.0.0.1')`,
    ),
    form(refused, 'a global variable', 'SET GLOBAL general_log = OFF'),
    form(refused, 'a persisted or forced setting', "SET GLOBAL init_connect = 'SET ROLE NONE'"),
    form(refused, 'SQL without a binary log', 'SET SESSION sql_log_bin = 0'),
    form(refused, 'FLUSH', 'FLUSH PRIVILEGES'),
    form(refused, 'SHUTDOWN', 'SHUTDOWN'),
    form(
      mysqlOnly('refused'),
      'a replication source',
      `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1'`,
    ),
    form(mariadbOnly('refused'), 'a replication master', `CHANGE MASTER TO MASTER_HOST = '127.0.0.1'`),
    form(refused, 'KILL of somebody else', `KILL ${session}`),
    form(refused, 'KILL QUERY of somebody else', `KILL QUERY ${session}`),
    form(refused, 'a database of its own', 'CREATE DATABASE escape'),
  ];
}

/** What came of one form. */
export interface MysqlEscapeAttempt {
  readonly name: string;
  /** `refused`, `harmless`, `unknown`, or an unexpected error number. */
  readonly end: string;
  readonly account: string;
  readonly role: string | null;
}

/** Errors that say "you may not", in all their shades, also "you have not got that role" and "not in a prepared statement". */
const refusals = new Set([
  1044, 1045, 1095, 1142, 1143, 1227, 1295, 1370, 1396, 1419, 1698, 1959, 1961, 3530, 3892,
]);
const syntaxError = 1064;

/** Tries every form on an open connection and says how each ended: compare with {@link expectedMysqlAttempts}. */
export async function tryMysqlEscapes(
  connection: Connection,
  forms: readonly MysqlRoleEscape[],
): Promise<readonly MysqlEscapeAttempt[]> {
  const attempts: MysqlEscapeAttempt[] = [];
  for (const form of forms) attempts.push(await tryMysqlEscape(connection, form));
  return attempts;
}

/** Tries one form. */
export async function tryMysqlEscape(
  connection: Connection,
  { name, statements }: MysqlRoleEscape,
): Promise<MysqlEscapeAttempt> {
  let end = 'harmless';
  for (const statement of statements) {
    const errno = await connection.query(statement).then(
      () => undefined,
      (cause: { readonly errno?: number; readonly message: string }) => cause.errno ?? cause.message,
    );
    if (errno === undefined) continue;
    end = typeof errno === 'number' && refusals.has(errno) ? 'refused' : String(errno);
    if (errno === syntaxError) end = 'unknown';
    break;
  }
  const [rows] = await connection.query<RowDataPacket[]>('SELECT CURRENT_USER() AS a, CURRENT_ROLE() AS r');
  const role: string | null = rows[0]?.r ?? null;
  return { name, end, account: rows[0]?.a, role: role === 'NONE' ? null : role };
}

/** What {@link tryMysqlEscapes} gives when nothing escapes from `login`. */
export function expectedMysqlAttempts(
  forms: readonly MysqlRoleEscape[],
  product: 'mysql' | 'mariadb',
  login: string,
): readonly MysqlEscapeAttempt[] {
  return forms.map(({ name, end }) => ({ name, end: end[product], account: `${login}@%`, role: null }));
}
