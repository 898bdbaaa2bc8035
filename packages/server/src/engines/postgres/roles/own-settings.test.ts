import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  applyTo,
  makeManagedDatabase,
  managedVersions,
  planOf,
} from '../../../../../../tests/support/managed-database.ts';
import { startPostgres, type TestPostgres } from '../../../../../../tests/support/postgres.ts';
import { Secret } from '../../../core/index.ts';
import type { PlannedStatement } from '../../role-manager.ts';
import { postgresRoleManager } from './index.ts';

describe.for(managedVersions)('what a login sets for itself on PostgreSQL $version', ({ version, bin }) => {
  let server: TestPostgres;

  beforeAll(async () => {
    server = await startPostgres(bin === undefined ? {} : { bin });
  });
  afterAll(async () => {
    await server.stop();
  });

  test('C04 a login that changed its own defaults and password is brought back by apply and a rotation', async () => {
    const sample = await makeManagedDatabase(server);
    await applyTo(sample);
    const { database, managerPassword } = sample;
    const role = sample.role('readonly');
    const reader = await sample.connectAs('readonly');
    await reader.query(`ALTER ROLE CURRENT_USER SET search_path = 'evil'`);
    await reader.query(`ALTER ROLE CURRENT_USER PASSWORD 'mine now'`);
    await expect(reader.query(`ALTER ROLE CURRENT_USER VALID UNTIL 'infinity'`)).rejects.toMatchObject({
      code: '42501',
    });
    await reader.end();
    expect(await postgresRoleManager.accepts(database, role, new Secret('mine now'))).toBe(true);
    expect(await planOf(sample)).toHaveLength(1);
    await applyTo(sample);
    await postgresRoleManager.setPassword(database, managerPassword, role, new Secret('ours again'));
    expect(await postgresRoleManager.accepts(database, role, new Secret('mine now'))).toBe(false);
    const again = await sample.connectAs('readonly');
    expect((await again.query(`SHOW search_path`)).rows[0].search_path).toContain('public');
    await again.end();
    await sample.close();
  });

  test('C04 every default that a login can make for itself is taken back, but what only a superuser can reset', async () => {
    const sample = await makeManagedDatabase(server);
    await applyTo(sample);
    const { database, managerPassword, superuser } = sample;
    const { login } = sample.role('readonly');
    const reader = await sample.connectAs('readonly');
    const { rows } = await reader.query<{ name: string; setting: string }>(
      `SELECT name, setting FROM pg_settings WHERE context = 'user' AND name <> 'transaction_deferrable'
        UNION ALL VALUES ('role', 'none'), ('session_authorization', current_user), ('seed', '0.5')`,
    );
    for (const { name, setting } of rows)
      await reader.query(`ALTER ROLE CURRENT_USER SET "${name}" = '${setting}'`);
    await reader.end();

    const announced: PlannedStatement[] = [];
    const takeBack = async () =>
      await postgresRoleManager.ownChanges?.takeBackSettings(
        database,
        managerPassword,
        async (statements) => {
          announced.push(...statements);
        },
      );
    expect(await takeBack()).toEqual(announced);
    const left = await superuser.query<{ name: string }>(
      `SELECT split_part(unnest(setconfig), '=', 1) AS name FROM pg_db_role_setting
        WHERE setrole = $1::regrole ORDER BY 1`,
      [login],
    );
    const forSuperusers = ['seed', 'transaction_isolation', 'transaction_read_only'];
    expect(left.rows.map(({ name }) => name)).toEqual(Number(version) >= 16 ? forSuperusers : []);
    expect(announced).toHaveLength(rows.length - left.rows.length);
    expect(await takeBack()).toEqual([]);
    expect(announced).toHaveLength(rows.length - left.rows.length);
    await sample.close();
  });

  test('C04 a setting that the manager cannot take back is left to an administrator, and keeps apply from nothing', async () => {
    const sample = await makeManagedDatabase(server);
    await applyTo(sample);
    const { database, superuser } = sample;
    const { login } = sample.role('readonly');
    const reader = await sample.connectAs('readonly');
    await reader.query(`DO 'BEGIN END'`);
    for (const setting of [
      `plpgsql.extra_errors = 'all'`,
      `seed = '0.5'`,
      `transaction_isolation = 'read committed'`,
      `work_mem = '1MB'`,
    ])
      await reader.query(`ALTER ROLE CURRENT_USER SET ${setting}`);
    await reader.end();
    await superuser.query(`ALTER ROLE "${login}" IN DATABASE ${database.name} SET log_statement = 'all'`);
    await superuser.query(`ALTER ROLE "${login}" NOLOGIN`);

    const reset = (setting: string, where = '') => `ALTER ROLE "${login}" ${where}RESET ${setting}`;
    const sinceSixteenForSuperusers = [reset('"seed"'), reset('"transaction_isolation"')];
    const isSixteen = Number(version) >= 16;
    const ours = [
      `ALTER ROLE "${login}" LOGIN`,
      ...(isSixteen ? [] : sinceSixteenForSuperusers),
      reset('"work_mem"'),
    ];
    const theirs = [reset('ALL'), reset('ALL', `IN DATABASE "${database.name}" `)];
    const named = isSixteen
      ? /: plpgsql.extra_errors, seed, transaction_isolation$/
      : /: plpgsql.extra_errors$/;
    expect((await planOf(sample)).find(({ byHand }) => byHand)?.because).toMatch(named);
    const split = (statements: readonly PlannedStatement[]) => ({
      ours: statements.filter(({ byHand }) => byHand !== true).map(({ sql }) => sql),
      theirs: statements.filter(({ byHand }) => byHand === true).map(({ sql }) => sql),
    });
    expect(split(await planOf(sample))).toEqual({ ours, theirs });
    expect(split(await applyTo(sample))).toEqual({ ours, theirs });
    expect(split(await applyTo(sample))).toEqual({ ours: [], theirs });
    for (const sql of theirs) await superuser.query(sql);
    expect(await planOf(sample)).toEqual([]);
    await sample.close();
  });
});
