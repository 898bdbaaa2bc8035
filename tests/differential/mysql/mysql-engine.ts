import type { Connection } from 'mysql2/promise';
import { newId } from '../../../packages/server/src/core/index.ts';
import { freePort } from '../../../packages/server/src/demo/free-port.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { startMysqlServer, type TestMysql } from '../../support/mysql.ts';
import type { MysqlVersion } from '../../support/mysql-builds.ts';
import type { DifferentialEngine, Way } from '../transcribe.ts';
import { framings, MysqlRun } from './mysql-run.ts';
import { MysqlScratch } from './mysql-scratch.ts';
import type { MysqlStep } from './steps.ts';

/** How the clients of a suite are, and how Grantway records what they do. */
export interface MysqlSuiteOptions {
  readonly version: MysqlVersion;
  readonly framing: keyof typeof framings;
  /** Cuts what clients write to Grantway. */
  readonly pieceBytes?: number;
  /** Merged over the configuration of the database. */
  readonly database?: Readonly<Record<string, unknown>>;
}

const login = 'app_admin';

interface Parts {
  readonly server: TestMysql;
  readonly gateway: TestGateway;
  readonly administrator: Connection;
  readonly scratch: MysqlScratch;
  readonly ways: Readonly<Record<Way, { host: string; port: number; user: string; password: string }>>;
}

/** Both ways to one server, as the same login, who may do everything in the database `app`. */
export class MysqlDifferentialEngine implements DifferentialEngine<MysqlStep> {
  readonly #parts: Parts;
  readonly #options: MysqlSuiteOptions;

  private constructor(parts: Parts, options: MysqlSuiteOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  static async start(options: MysqlSuiteOptions): Promise<MysqlDifferentialEngine> {
    const server = await startMysqlServer(options.version);
    const password = newId();
    const administrator = await server.adminClient();
    for (const statement of [
      `CREATE USER ${login}@'%' IDENTIFIED BY '${password}'`,
      `GRANT ALL ON app.* TO ${login}@'%'`,
      'CREATE ROLE reader',
      'GRANT SELECT ON app.* TO reader',
      `GRANT reader TO ${login}@'%'`,
    ]) {
      await administrator.query(statement);
    }
    const scratch = await MysqlScratch.make(administrator);
    const port = await freePort();
    const gateway = await startGateway({
      listen: { mysql: `127.0.0.1:${port}` },
      env: { TEST_APP: password },
      databases: {
        app: {
          engine: 'mysql',
          host: server.host,
          port: server.port,
          tls: 'off',
          roles: { admin: { login, password: 'env:TEST_APP', allow: 'everyone' } },
          ...options.database,
        },
      },
    });
    const { accessToken } = await gateway.tokens('admin', { scope: 'db:app:admin' });
    const ways = {
      direct: { host: server.host, port: server.port, user: login, password },
      grantway: { host: '127.0.0.1', port, user: 'admin', password: accessToken },
    };
    return new MysqlDifferentialEngine({ server, gateway, administrator, scratch, ways }, options);
  }

  async stop(): Promise<void> {
    const { administrator, gateway, server } = this.#parts;
    await administrator.end();
    await gateway.stop();
    await server.stop();
  }

  async reset(): Promise<void> {
    await this.#parts.scratch.restore();
  }

  begin(way: Way, settings: Readonly<Record<string, string>>): MysqlRun {
    const { framing, pieceBytes } = this.#options;
    return new MysqlRun({
      target: {
        ...this.#parts.ways[way],
        database: 'app',
        capabilities: framings[framing] | Number(settings.capabilities ?? 0),
        ...(settings.collation === undefined ? {} : { collation: Number(settings.collation) }),
      },
      login,
      administrator: this.#parts.administrator,
      ...(way === 'grantway' && pieceBytes !== undefined ? { pieceBytes } : {}),
    });
  }
}
