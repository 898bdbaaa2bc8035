import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  applyTo,
  makeManagedDatabase,
  managedVersions,
  planOf,
} from '../../../../../../tests/support/managed-database.ts';
import { startPostgres, type TestPostgres } from '../../../../../../tests/support/postgres.ts';

describe.for(managedVersions)('drift of managed roles on PostgreSQL $version', ({ version, bin }) => {
  let server: TestPostgres;

  beforeAll(async () => {
    server = await startPostgres(bin === undefined ? {} : { bin });
  });
  afterAll(async () => {
    await server.stop();
  });

  test('every kind of drift is named with the statement that repairs it, and apply repairs it', async () => {
    const sample = await makeManagedDatabase(server);
    await applyTo(sample);
    const { name, pool } = sample.database;
    const reader = `${name}_readonly`;
    const group = `grantway_${name}_read`;
    // One more than the pool: a rotation tries the new password while all of it is in use.
    const most = pool.size + 1;
    // What a superuser did is the superuser's to undo; these are done by accounts that the manager may correct.
    const asOwner = (sql: string) => `SET ROLE ${sample.owner}; ${sql}; RESET ROLE`;
    const drifts: readonly [cause: string, because: RegExp, repair: RegExp][] = [
      [`ALTER ROLE ${reader} CREATEROLE`, /readonly has CREATEROLE$/, /NOCREATEROLE$/],
      [`ALTER ROLE ${reader} NOLOGIN`, /cannot log in$/, / LOGIN$/],
      [`ALTER ROLE ${reader} NOINHERIT`, /does not inherit/, / INHERIT$/],
      [`ALTER ROLE ${reader} VALID UNTIL '2001-01-01'`, /password that expires$/, /VALID UNTIL 'infinity'$/],
      [
        `ALTER ROLE ${reader} CONNECTION LIMIT 1000`,
        new RegExp(`may open 1000 connections instead of ${most}$`),
        new RegExp(`LIMIT ${most}$`),
      ],
      [`ALTER ROLE ${group} LOGIN`, /can log in$/, /NOLOGIN$/],
      [
        `ALTER ROLE ${reader} SET search_path = evil`,
        /setting of its own: search_path$/,
        / RESET "search_path"$/,
      ],
      [
        `ALTER ROLE ${reader} IN DATABASE ${name} SET role = 'none'`,
        /setting of its own: role$/,
        /IN DATABASE "\w+" RESET "role"$/,
      ],
      [asOwner(`GRANT INSERT ON users TO ${group}`), /holds INSERT on public.users$/, /^REVOKE INSERT/],
      [
        asOwner(`GRANT DELETE ON users TO ${reader}`),
        /readonly holds DELETE on public.users$/,
        /^REVOKE DELETE/,
      ],
      [asOwner(`REVOKE SELECT ON users FROM ${group}`), /lacks SELECT on public.users$/, /^GRANT SELECT/],
      [
        asOwner(`GRANT CREATE ON SCHEMA sales TO ${group}`),
        /holds CREATE on schema sales$/,
        /^REVOKE CREATE/,
      ],
      [asOwner(`REVOKE USAGE ON SCHEMA sales FROM ${group}`), /lacks USAGE on schema sales$/, /^GRANT USAGE/],
      [
        asOwner(`REVOKE CONNECT ON DATABASE ${name} FROM ${group}`),
        /lacks CONNECT on database/,
        /^GRANT CONNECT ON DATABASE/,
      ],
      [
        asOwner(`ALTER DEFAULT PRIVILEGES IN SCHEMA sales REVOKE SELECT ON TABLES FROM ${group}`),
        /would lack SELECT on each new table that \w+_owner makes in sales$/,
        /GRANT SELECT ON TABLES/,
      ],
      [
        asOwner(`ALTER DEFAULT PRIVILEGES GRANT UPDATE ON TABLES TO ${group}`),
        /would get UPDATE on each new table that \w+_owner makes$/,
        /REVOKE UPDATE ON TABLES/,
      ],
      [
        asOwner(`GRANT UPDATE (name) ON users TO ${reader}`),
        /readonly holds UPDATE on the column public.users.name$/,
        /^REVOKE UPDATE \(name\) ON TABLE public.users /,
      ],
      [
        asOwner(`GRANT SELECT ON users TO ${group} WITH GRANT OPTION`),
        /can pass on SELECT on public.users$/,
        /^REVOKE GRANT OPTION FOR SELECT ON TABLE public.users /,
      ],
      [
        asOwner(`GRANT SELECT (name) ON users TO ${group} WITH GRANT OPTION`),
        /can pass on SELECT on the column public.users.name$/,
        /^REVOKE GRANT OPTION FOR SELECT \(name\) ON TABLE public.users /,
      ],
      [
        asOwner(
          `ALTER DEFAULT PRIVILEGES IN SCHEMA sales GRANT SELECT ON TABLES TO ${group} WITH GRANT OPTION`,
        ),
        /could pass on SELECT on each new table that \w+_owner makes in sales$/,
        /REVOKE GRANT OPTION FOR SELECT ON TABLES/,
      ],
    ];
    for (const [cause, because, repair] of drifts) {
      await sample.superuser.query(cause);
      const drift = await planOf(sample);
      expect(drift, cause).toEqual([
        { sql: expect.stringMatching(repair), because: expect.stringMatching(because) },
      ]);
      await applyTo(sample);
      expect(await planOf(sample), cause).toEqual([]);
    }
    await sample.close();
  });

  test('what two people passed on to each other is taken back with what it came from', async () => {
    const sample = await makeManagedDatabase(server);
    await applyTo(sample);
    const [reader, writer] = [sample.role('readonly').login, sample.role('readwrite').login];
    const admin = await sample.connectAs('admin');
    await admin.query(
      `CREATE TABLE public.made (id int); GRANT DELETE ON made TO ${reader} WITH GRANT OPTION`,
    );
    const client = await sample.connectAs('readonly');
    await client.query(`GRANT DELETE ON public.made TO ${writer}`);
    await sample.superuser.query(
      `SET ROLE ${sample.database.manager?.login}; GRANT grantway_${sample.database.name}_read TO ${reader} WITH ADMIN OPTION;
       RESET ROLE; CREATE ROLE ${reader}_friend`,
    );
    await client.query(`GRANT grantway_${sample.database.name}_read TO ${reader}_friend`);
    await applyTo(sample);
    expect(await planOf(sample)).toEqual([]);
    await expect(client.query('DELETE FROM public.made')).rejects.toMatchObject({ code: '42501' });
    await client.end();
    await admin.end();
    await sample.close();
  });

  test('what a managed role holds on anything else is shown, with what takes it back, and left to an administrator', async () => {
    const sample = await makeManagedDatabase(server);
    await applyTo(sample);
    const { superuser, database } = sample;
    const { login } = sample.role('readonly');
    const group = `grantway_${database.name}_read`;
    for (const sql of [
      `CREATE FUNCTION sales.f(int) RETURNS int LANGUAGE sql RETURN 1`,
      `GRANT EXECUTE ON FUNCTION sales.f TO ${login}`,
      `GRANT SELECT ON pg_catalog.pg_authid TO ${group}`,
      `GRANT SELECT (rolpassword) ON pg_catalog.pg_authid TO ${login}`,
      `GRANT CONNECT ON DATABASE template1 TO ${login}`,
      `GRANT SET ON PARAMETER log_statement TO ${login}`,
    ])
      await superuser.query(sql);
    const shown = await planOf(sample);
    expect(shown.map(({ sql, byHand }) => [sql, byHand])).toEqual([
      [`REVOKE ALL ON TABLE pg_catalog.pg_authid FROM "${group}"`, true],
      [`REVOKE ALL ON DATABASE template1 FROM "${login}"`, true],
      [`REVOKE ALL ON PARAMETER log_statement FROM "${login}"`, true],
      [`REVOKE ALL ON ROUTINE sales.f(integer) FROM "${login}"`, true],
      [`REVOKE ALL ON TABLE pg_catalog.pg_authid FROM "${login}"`, true],
    ]);
    expect(await applyTo(sample)).toEqual(shown);
    for (const { sql } of shown) await superuser.query(sql);
    expect(await planOf(sample)).toEqual([]);
    await sample.close();
  });

  test('memberships that reach further are planned away, whoever granted them', async () => {
    const sample = await makeManagedDatabase(server);
    await applyTo(sample);
    const { name } = sample.database;
    const reader = `${name}_readonly`;
    await sample.superuser.query(`GRANT pg_execute_server_program TO ${reader}`);
    await sample.superuser.query(`GRANT ${sample.owner} TO grantway_${name}_read`);
    const drift = await planOf(sample);
    expect(drift.map(({ because }) => because)).toEqual([
      expect.stringMatching(/_read is a member .* of \w+_owner, granted by postgres$/),
      expect.stringMatching(/_readonly is a member .* of pg_execute_server_program, granted by postgres$/),
    ]);
    if (Number(version) >= 16) {
      // The manager may not undo a superuser's grant: nothing is changed, and the sentence says who can.
      await expect(applyTo(sample)).rejects.toThrow(/permission denied|administrator/);
      expect(await planOf(sample)).toEqual(drift);
      for (const { sql } of drift) await sample.superuser.query(sql);
    } else {
      await applyTo(sample);
    }
    expect(await planOf(sample)).toEqual([]);
    await sample.close();
  });
});
