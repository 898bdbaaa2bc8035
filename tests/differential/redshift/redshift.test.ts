import type pg from 'pg';
import { afterAll, beforeAll, describe } from 'vitest';
import { redshiftEngine } from '../../../packages/server/src/engines/redshift/index.ts';
import { type EngineDoor, openEngineDoor } from '../../support/engine-door.ts';
import { startRedshift, type TestRedshift } from '../../support/redshift.ts';
import { type DifferentialEngine, differentialSuite, type Way } from '../index.ts';
import { copies } from '../postgres/cases/copies.ts';
import { errors } from '../postgres/cases/errors.ts';
import { extendedQueries } from '../postgres/cases/extended-queries.ts';
import { pipelines } from '../postgres/cases/pipelines.ts';
import { simpleQueries } from '../postgres/cases/simple-queries.ts';
import { transactions } from '../postgres/cases/transactions.ts';
import { values } from '../postgres/cases/values.ts';
import { makeScratch } from '../postgres/postgres-engine.ts';
import { PostgresRun } from '../postgres/postgres-run.ts';
import type { PostgresStep } from '../postgres/steps.ts';

const login = 'app_admin';
const password = 'Temporary1';

/** Both ways to the double of Redshift: its sign-in and its reports are Redshift's, its answers PostgreSQL's. */
class RedshiftDifferentialEngine implements DifferentialEngine<PostgresStep> {
  readonly #redshift: TestRedshift;
  readonly #door: EngineDoor;
  readonly #superuser: pg.Client;

  private constructor(redshift: TestRedshift, door: EngineDoor, superuser: pg.Client) {
    this.#redshift = redshift;
    this.#door = door;
    this.#superuser = superuser;
  }

  static async start(): Promise<RedshiftDifferentialEngine> {
    const redshift = await startRedshift();
    const superuser = await redshift.server.adminClient();
    await superuser.query(`
      CREATE ROLE ${login} LOGIN;
      CREATE ROLE app_readonly;
      GRANT CREATE, TEMPORARY ON DATABASE postgres TO ${login};
      GRANT SET ON PARAMETER deadlock_timeout TO ${login};
      ALTER ROLE ${login} SET search_path = scratch, public;
    `);
    // In clear, which the raw client of the direct way can do too.
    redshift.accounts.set(login, { method: 'password', secret: password, postgresLogin: login });
    const { host, port } = redshift;
    const database = { engine: 'redshift', host, port } as const;
    const door = await openEngineDoor({ engine: redshiftEngine, database, login, password });
    return new RedshiftDifferentialEngine(redshift, door, superuser);
  }

  async stop(): Promise<void> {
    await this.#superuser.end();
    await this.#door.close();
    await this.#redshift.stop();
  }

  async reset(): Promise<void> {
    await this.#superuser.query(makeScratch(login));
  }

  begin(way: Way, parameters: Readonly<Record<string, string>>): PostgresRun {
    const { port } = way === 'direct' ? this.#redshift : this.#door;
    return new PostgresRun({
      target: { host: '127.0.0.1', port, user: login, password, database: 'postgres', parameters },
      login,
      superuser: this.#superuser,
    });
  }
}

describe('the double of Redshift, directly and through Grantway', () => {
  let engine: RedshiftDifferentialEngine;
  beforeAll(async () => {
    engine = await RedshiftDifferentialEngine.start();
  });
  afterAll(() => engine?.stop());

  // What is left out needs settings or a reset that Redshift does not have.
  const themes = [values, simpleQueries, extendedQueries, pipelines, copies, errors, transactions];
  differentialSuite(themes, () => engine);
});
