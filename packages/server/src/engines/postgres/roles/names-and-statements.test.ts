import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  applyTo,
  type ManagedDatabase,
  makeManagedDatabase,
  managedVersions,
  planOf,
} from '../../../../../../tests/support/managed-database.ts';
import { startPostgres, type TestPostgres } from '../../../../../../tests/support/postgres.ts';
import type { Database, ManagedGrants } from '../../../core/index.ts';
import { postgresRoleManager } from './index.ts';

describe.for(managedVersions)('statements of the configuration on PostgreSQL $version', ({ bin }) => {
  let server: TestPostgres;

  beforeAll(async () => {
    server = await startPostgres(bin === undefined ? {} : { bin });
  });
  afterAll(async () => {
    await server.stop();
  });

  test('the operator’s own statements run once, again when they change, and nothing else is granted', async () => {
    const statements = (...list: string[]): ManagedGrants => ({ kind: 'statements', statements: list });
    const sample = await makeManagedDatabase(server, {
      support: statements(
        'GRANT USAGE ON SCHEMA public TO {login}',
        'GRANT SELECT (name) ON public.users TO {login}',
      ),
    });
    const { name } = sample.database;
    await sample.superuser.query(`GRANT CONNECT ON DATABASE ${name} TO PUBLIC`);
    await applyTo(sample);
    expect(await planOf(sample)).toEqual([]);
    const support = await sample.connectAs('support');
    expect((await support.query(`SELECT name FROM public.users`)).rows).toHaveLength(3);
    await expect(support.query(`SELECT id FROM public.users`)).rejects.toMatchObject({ code: '42501' });
    await support.end();

    const changed: ManagedDatabase = {
      ...sample,
      database: {
        ...sample.database,
        roles: sample.database.roles.map((role) => ({
          ...role,
          grants: statements('GRANT SELECT ON public.users TO {login}'),
        })),
      },
    };
    expect((await applyTo(changed)).map(({ sql }) => sql)).toEqual([
      `GRANT SELECT ON public.users TO "${name}_support"`,
      expect.stringMatching(/^COMMENT ON ROLE/),
    ]);
    expect(await planOf(changed)).toEqual([]);
    await sample.close();
  });
});

describe('names and statements of the configuration', () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => {
    await server.stop();
  });

  test('C15 a name that PostgreSQL would read differently is refused, and a strange one is quoted', async () => {
    const sample = await makeManagedDatabase(server);
    const withLogin = (login: string): Database => ({
      ...sample.database,
      roles: [{ ...sample.role('readonly'), login }],
    });
    const bad = [
      '',
      'x'.repeat(64),
      'ü'.repeat(32),
      'pg_read_all_data',
      'PG_monitor',
      'public',
      'a\0b',
      'a\nb',
      'none',
    ];
    for (const login of bad) {
      await expect(postgresRoleManager.plan(withLogin(login), sample.managerPassword), login).rejects.toThrow(
        /^The role name/,
      );
    }
    const strange = `x"; DROP ROLE "${sample.owner}"; --${process.pid}`;
    const odd = { ...sample, database: withLogin(strange) };
    await applyTo(odd);
    expect(await planOf(odd)).toEqual([]);
    const { rows } = await sample.superuser.query(`SELECT rolname FROM pg_roles WHERE rolname = any ($1)`, [
      [strange, sample.owner],
    ]);
    expect(rows).toHaveLength(2);
    await sample.close();
  });

  test('a statement that is not one plain grant for the login is refused', async () => {
    const sample = await makeManagedDatabase(server);
    const bad = [
      'SELECT 1',
      'GRANT SELECT ON users TO public',
      'GRANT SELECT ON users TO {login}; DROP TABLE users',
      'GRANT SELECT ON users TO {login} -- and more',
      'GRANT /* */ SELECT ON users TO {login}',
      'GRANT pg_execute_server_program TO {login}',
      'GRANT U&"pg\\005fexecute_server_program" TO {login}',
      'ALTER ROLE {login} SUPERUSER',
      'DO $$ begin end $$ {login}',
    ];
    for (const statement of bad) {
      const database: Database = {
        ...sample.database,
        roles: [{ ...sample.role('readonly'), grants: { kind: 'statements', statements: [statement] } }],
      };
      await expect(postgresRoleManager.plan(database, sample.managerPassword), statement).rejects.toThrow(
        /^The statement/,
      );
    }
    await sample.close();
  });

  test('C08 a function of a user cannot stand in for the catalog’s in the manager’s queries', async () => {
    const sample = await makeManagedDatabase(server);
    await applyTo(sample);
    const admin = await sample.connectAs('admin');
    await admin.query(`
      CREATE FUNCTION public.quote_ident(name) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
      CREATE FUNCTION public.aclexplode(aclitem[]) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
      CREATE VIEW public.pg_roles AS SELECT 1 AS nothing`);
    await admin.end();
    await sample.superuser.query(
      `ALTER ROLE ${sample.database.manager?.login} SET search_path = public, pg_catalog`,
    );
    expect(await planOf(sample)).toEqual([]);
    await sample.close();
  });
});
