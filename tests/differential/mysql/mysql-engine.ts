import type { EngineDoor, EngineDoorOptions } from '../../support/engine-door.ts';
import type { MysqlVersion } from '../../support/mysql-builds.ts';
import { MysqlFixture, mysqlDatabase, mysqlLogin } from '../../support/mysql-fixture.ts';
import type { DifferentialEngine, Way } from '../transcribe.ts';
import { framings, MysqlRun } from './mysql-run.ts';
import type { MysqlStep } from './steps.ts';

/** How the clients of a suite are. */
export interface MysqlClients {
  readonly framing: keyof typeof framings;
  /** Cuts what clients write to Grantway. */
  readonly pieceBytes?: number;
  readonly observer?: EngineDoorOptions['observer'];
}

/** Both ways to one server, as the same login, who may do everything in one database. */
export class MysqlDifferentialEngine implements DifferentialEngine<MysqlStep> {
  readonly #fixture: MysqlFixture;
  readonly #door: EngineDoor;
  readonly #clients: MysqlClients;

  private constructor(fixture: MysqlFixture, door: EngineDoor, clients: MysqlClients) {
    this.#fixture = fixture;
    this.#door = door;
    this.#clients = clients;
  }

  static async start(version: MysqlVersion, clients: MysqlClients): Promise<MysqlDifferentialEngine> {
    const fixture = await MysqlFixture.start(version);
    for (const statement of [
      'CREATE ROLE reader',
      `GRANT SELECT ON ${mysqlDatabase}.* TO reader`,
      `GRANT reader TO ${mysqlLogin.login}@'%'`,
    ]) {
      await fixture.admin.query(statement);
    }
    const { observer } = clients;
    const door = await fixture.open({ reuse: true, ...(observer === undefined ? {} : { observer }) });
    return new MysqlDifferentialEngine(fixture, door, clients);
  }

  async stop(): Promise<void> {
    await this.#fixture.stop();
  }

  async reset(): Promise<void> {
    for (const statement of scratch) await this.#fixture.admin.query(statement);
  }

  begin(way: Way, settings: Readonly<Record<string, string>>): MysqlRun {
    const { server, admin } = this.#fixture;
    const { framing, pieceBytes } = this.#clients;
    const own =
      way === 'grantway'
        ? { host: '127.0.0.1', port: this.#door.port, user: 'anyone', password: 'token' }
        : { host: server.host, port: server.port, user: mysqlLogin.login, password: mysqlLogin.password };
    return new MysqlRun({
      target: {
        ...own,
        database: mysqlDatabase,
        capabilities: framings[framing] | Number(settings.capabilities ?? 0),
        ...(settings.collation === undefined ? {} : { collation: Number(settings.collation) }),
      },
      login: mysqlLogin.login,
      administrator: admin,
      ...(way === 'grantway' && pieceBytes !== undefined ? { pieceBytes } : {}),
    });
  }
}

/** What every case finds in the database `app`. */
const scratch: readonly string[] = [
  `DROP DATABASE IF EXISTS ${mysqlDatabase}`,
  `CREATE DATABASE ${mysqlDatabase}`,
  `CREATE TABLE ${mysqlDatabase}.numbers (n INT PRIMARY KEY, word VARCHAR(40) NOT NULL, half DECIMAL(10,2))`,
  `INSERT INTO ${mysqlDatabase}.numbers VALUES ${Array.from({ length: 20 }, (_, n) => `(${n + 1}, 'word ${n + 1}', ${(n + 1) / 2})`).join(', ')}`,
  `CREATE TABLE ${mysqlDatabase}.notes (
    id INT AUTO_INCREMENT PRIMARY KEY, title VARCHAR(100) NOT NULL UNIQUE, body LONGTEXT,
    stars INT CHECK (stars BETWEEN 0 AND 5), number INT, FOREIGN KEY (number) REFERENCES numbers (n)
  )`,
];
