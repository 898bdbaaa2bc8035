import {
  type Connection,
  type ConnectionOptions,
  createConnection,
  type RowDataPacket,
} from 'mysql2/promise';
import { type FinishedStatement, mysqlEngine } from '../../packages/server/src/engines/index.ts';
import { type EngineDoor, type EngineDoorOptions, openEngineDoor } from './engine-door.ts';
import { startMysqlServer, type TestMysql, type TestMysqlOptions } from './mysql.ts';
import type { MysqlVersion } from './mysql-builds.ts';

/** The login behind the doors of a {@link MysqlFixture}, and the database that it may use. */
export const mysqlLogin = { login: 'relay_app', password: 'relay-pw' } as const;
export const mysqlDatabase = 'app';

/** A real server, and doors of the MySQL engine to it. */
export class MysqlFixture {
  readonly server: TestMysql;
  readonly admin: Connection;
  readonly #doors: EngineDoor[] = [];

  private constructor(server: TestMysql, admin: Connection) {
    this.server = server;
    this.admin = admin;
  }

  static async start(version: MysqlVersion, options: TestMysqlOptions = {}): Promise<MysqlFixture> {
    const server = await startMysqlServer(version, options);
    const admin = await server.adminClient();
    for (const statement of [
      `CREATE DATABASE ${mysqlDatabase}`,
      `CREATE USER ${mysqlLogin.login}@'%' IDENTIFIED BY '${mysqlLogin.password}'`,
      `GRANT ALL ON ${mysqlDatabase}.* TO ${mysqlLogin.login}@'%'`,
    ]) {
      await admin.query(statement);
    }
    return new MysqlFixture(server, admin);
  }

  async open(options: Partial<EngineDoorOptions> = {}): Promise<EngineDoor> {
    const { host, port } = this.server;
    const door = await openEngineDoor({
      engine: mysqlEngine,
      ...mysqlLogin,
      ...options,
      database: { host, port, engine: 'mysql', upstreamName: mysqlDatabase, ...options.database },
    });
    this.#doors.push(door);
    return door;
  }

  async closeDoors(): Promise<void> {
    for (const door of this.#doors.splice(0)) await door.close();
  }

  async stop(): Promise<void> {
    await this.closeDoors();
    await this.admin.end();
    await this.server.stop();
  }

  /** Waits until a statement with this text runs on the server, or until none does. */
  async runs(part: string, runs: boolean): Promise<void> {
    const look = `SELECT 1 FROM information_schema.processlist
      WHERE command IN ('Query', 'Execute') AND LOCATE(?, info) > 0 AND id <> CONNECTION_ID()`;
    for (;;) {
      const [rows] = await this.admin.query<RowDataPacket[]>(look, [part]);
      if (rows.length > 0 === runs) return;
    }
  }

  /** Waits until the server has no connection with this number any more. */
  async ended(pid: string): Promise<void> {
    const look = 'SELECT 1 FROM information_schema.processlist WHERE id = ?';
    for (;;) {
      const [rows] = await this.admin.query<RowDataPacket[]>(look, [pid]);
      if (rows.length === 0) return;
    }
  }
}

/** mysql2 through a door, without TLS unless the options say so. */
export async function mysqlDriver(
  door: Pick<EngineDoor, 'port'>,
  options: ConnectionOptions = {},
): Promise<Connection> {
  const { port } = door;
  const connection = await createConnection({
    host: '127.0.0.1',
    port,
    user: 'anyone',
    password: 'token',
    ...options,
  });
  // Without a listener the end of the session would be an uncaught exception.
  connection.on('error', () => {});
  return connection;
}

/** The rows of a statement as arrays. */
export async function rowsOf(connection: Connection, sql: string): Promise<readonly unknown[][]> {
  const [rows] = await connection.query<RowDataPacket[][]>({ sql, rowsAsArray: true });
  return rows;
}

/** The texts of statements, in the order in which they ended. */
export function textsOf(statements: readonly FinishedStatement[]): readonly string[] {
  return statements.map(({ text }) => text);
}
