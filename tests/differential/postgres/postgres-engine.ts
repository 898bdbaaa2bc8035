import type pg from 'pg';
import type { TestGateway } from '../../support/gateway.ts';
import { sampleRoles } from '../../support/sample-database.ts';
import type { DifferentialEngine, Way } from '../transcribe.ts';
import { PostgresRun, type PostgresRunOptions } from './postgres-run.ts';
import type { PostgresStep } from './steps.ts';

/** Both ways to the sample database, as the login `app_admin`, who owns the schema `scratch`. */
export class PostgresDifferentialEngine implements DifferentialEngine<PostgresStep> {
  readonly #gateway: TestGateway;
  readonly #token: string;
  readonly #superuser: pg.Client;
  readonly #pieceBytes: number | undefined;

  private constructor(
    gateway: TestGateway,
    token: string,
    superuser: pg.Client,
    pieceBytes: number | undefined,
  ) {
    this.#gateway = gateway;
    this.#token = token;
    this.#superuser = superuser;
    this.#pieceBytes = pieceBytes;
  }

  /** `pieceBytes` cuts what clients write to the gateway. */
  static async start(gateway: TestGateway, pieceBytes?: number): Promise<PostgresDifferentialEngine> {
    const { accessToken } = await gateway.tokens('admin', { scope: 'db:authdb:admin' });
    const superuser = await gateway.database.server.adminClient('authdb');
    await superuser.query(`
      GRANT CREATE, TEMPORARY ON DATABASE authdb TO ${login};
      GRANT SET ON PARAMETER deadlock_timeout TO ${login};
      ALTER ROLE ${login} SET search_path = scratch, public;
    `);
    return new PostgresDifferentialEngine(gateway, accessToken, superuser, pieceBytes);
  }

  async stop(): Promise<void> {
    await this.#superuser.end();
  }

  async reset(): Promise<void> {
    await this.#superuser.query(makeScratch(login));
  }

  begin(way: Way, settings: Readonly<Record<string, string>>): PostgresRun {
    return new PostgresRun({
      target: { ...this.#target(way), database: 'authdb', parameters: settings },
      login,
      superuser: this.#superuser,
      ...(way === 'grantway' && this.#pieceBytes !== undefined ? { pieceBytes: this.#pieceBytes } : {}),
    });
  }

  #target(way: Way): Omit<PostgresRunOptions['target'], 'database'> {
    const { port, database } = this.#gateway;
    if (way === 'grantway') return { host: '127.0.0.1', port, user: 'admin', password: this.#token };
    const { server, passwords } = database;
    return { host: server.host, port: server.port, user: login, password: passwords.admin };
  }
}

const { login } = sampleRoles.admin;

/** Makes anew what every case finds, owned by `login`. */
export function makeScratch(login: string): string {
  return `
  SET client_min_messages = error;
  DROP SCHEMA IF EXISTS scratch CASCADE;
  CREATE SCHEMA scratch AUTHORIZATION ${login};
  SET ROLE ${login};
  CREATE TYPE scratch.mood AS ENUM ('sad', 'ok', 'happy');
  CREATE TABLE scratch.numbers (n int PRIMARY KEY, word text NOT NULL, half numeric(10,2));
  INSERT INTO scratch.numbers SELECT i, 'word ' || i, i / 2.0 FROM generate_series(1, 20) i;
  CREATE TABLE scratch.notes (
    id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    title text NOT NULL UNIQUE,
    body text,
    stars int CHECK (stars BETWEEN 0 AND 5),
    number int REFERENCES scratch.numbers (n)
  );
  RESET ROLE;
`;
}
