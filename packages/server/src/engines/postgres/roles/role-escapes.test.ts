import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ManagedDatabase,
  makeManagedDatabase,
} from '../../../../../../tests/support/managed-database.ts';
import { startPostgres, type TestPostgres } from '../../../../../../tests/support/postgres.ts';
import { RawPostgres, sqlstate } from '../../../../../../tests/support/raw-postgres.ts';
import {
  expectedAttempts,
  roleEscapes,
  tryRoleEscape,
  tryRoleEscapes,
} from '../../../../../../tests/support/role-escapes.ts';
import { postgresRoleManager } from './index.ts';

const roles = ['readonly', 'readwrite', 'admin'] as const;

/** `pg_catalog.set_config(text, text, boolean)`, fixed by PostgreSQL's bootstrap data. */
const setConfig = 2078;

const managedRolesDoc = join(import.meta.dirname, '../../../../../../docs/managed-roles.md');

describe('a session that is the mapped login itself', () => {
  let server: TestPostgres;
  let sample: ManagedDatabase;
  /** Everybody that a session might like to be: other logins, groups, the owner, the manager, the superuser. */
  let others: readonly string[];

  beforeAll(async () => {
    server = await startPostgres({ hba: ['host all all 127.0.0.1/32 trust'] });
    sample = await makeManagedDatabase(server);
    await postgresRoleManager.apply(sample.database, sample.managerPassword);
    const { name } = sample.database;
    others = ['postgres', sample.owner, `${name}_manager`, `grantway_${name}_admin`, `grantway_${name}_read`];
  });
  afterAll(async () => {
    await sample.close();
    await server.stop();
  });

  const address = (role: string) => ({
    host: server.host,
    port: server.port,
    database: sample.database.upstreamName,
    user: sample.role(role).login,
  });

  const connect = async (role: string) => {
    const client = new pg.Client(address(role));
    // A failed test leaves it open; the end of the server is then no second failure.
    client.on('error', () => {});
    await client.connect();
    return client;
  };

  test.for(
    roles.flatMap((role) => (['simple', 'extended'] as const).map((protocol) => ({ role, protocol }))),
  )(
    'C01 C02 C03 $role stays who it is through every form of the $protocol protocol',
    async ({ role, protocol }) => {
      const { login } = sample.role(role);
      const client = await connect(role);
      for (const other of others) {
        expect(await tryRoleEscapes(client, other, protocol), other).toEqual(expectedAttempts(other, login));
      }
      if (role === 'readonly') {
        await expect(client.query(`DELETE FROM public.users`)).rejects.toMatchObject({ code: '42501' });
      }
      await client.end();
    },
  );

  test('the same forms do leave a role that is only SET on a shared login, so they would show an escape', async () => {
    const { superuser, owner } = sample;
    const reader = sample.role('readonly').login;
    await superuser.query(`CREATE ROLE shared LOGIN; GRANT "${reader}", "${owner}" TO shared WITH SET TRUE`);
    const stayed: string[] = [];
    for (const form of roleEscapes(owner)) {
      const client = new pg.Client({ ...address('readonly'), user: 'shared' });
      await client.connect();
      await client.query(`SET ROLE "${reader}"`);
      const { currentUser } = await tryRoleEscape(client, form, 'simple');
      if (currentUser === reader) stayed.push(form.name);
      await client.end();
    }
    // Those that last for one transaction or one call only, and those that PostgreSQL refuses or ignores for everybody.
    expect(stayed).toEqual([
      'SET LOCAL ROLE NONE',
      'RESET ALL',
      'COMMIT of a local role',
      'ROLLBACK AND CHAIN',
      'a rolled-back SET',
      'an update of pg_settings',
      'nothing at all (control)',
      'SET LOCAL ROLE another',
      'SET SESSION AUTHORIZATION another',
      'a function with a role setting',
      'granting it to oneself',
    ]);
  });

  test.for(roles)('C01 %s cannot become another by a fastpath function call', async (role) => {
    const { client } = await RawPostgres.connect(address(role));
    for (const other of others) {
      expect(await client.call(setConfig, ['role', other, 'f']), other).toBe('42501');
      expect(await client.call(setConfig, ['session_authorization', other, 'f']), other).toBe('42501');
    }
    expect(await client.call(setConfig, ['role', 'none', 'f'])).toBe('done');
    const who = await client.query(`SELECT session_user || ' ' || current_user`);
    expect(who).toEqual([`${sample.role(role).login} ${sample.role(role).login}`]);
    client.close();
  });

  test.for(roles)('C01 %s cannot start as another by a startup option', async (role) => {
    for (const other of others) {
      for (const setting of ['role', 'session_authorization']) {
        const { client, greeting } = await RawPostgres.connect({
          ...address(role),
          parameters: { options: `-c ${setting}=${other}` },
        });
        expect(greeting.filter(({ type }) => type === 'E').map(sqlstate), `${setting}=${other}`).toEqual([
          '42501',
        ]);
        client.close();
      }
    }
  });

  test.for(roles)(
    'C04 a default that %s sets for itself gives its next session nobody else’s rights',
    async (role) => {
      const { login } = sample.role(role);
      for (const other of others) {
        const client = await connect(role);
        await client.query(`ALTER ROLE CURRENT_USER SET role = '${other}'`).catch(() => {});
        await client.end();
        const next = await connect(role);
        const { rows } = await next.query(`SELECT session_user AS s, current_user AS c`);
        expect(rows).toEqual([{ s: login, c: login }]);
        await next.end();
      }
      await postgresRoleManager.apply(sample.database, sample.managerPassword);
    },
  );

  test('C06 C12 no login reaches the server’s programs, files, extensions, replication or its peers’ roles', async () => {
    const forbidden = [
      `COPY public.users FROM PROGRAM 'id'`,
      `COPY public.users TO '/tmp/users'`,
      `SELECT pg_read_file('/etc/passwd')`,
      `SELECT pg_ls_dir('/')`,
      `SELECT lo_import('/etc/passwd')`,
      `CREATE EXTENSION dblink`,
      `CREATE EXTENSION postgres_fdw`,
      `LOAD 'dblink'`,
      `CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'libc.so.6', 'getpid'`,
      `CREATE ROLE stranger`,
      `ALTER ROLE CURRENT_USER CREATEROLE`,
      `ALTER ROLE CURRENT_USER VALID UNTIL 'infinity'`,
      `ALTER SYSTEM SET log_statement = 'none'`,
      `SET log_statement = 'none'`,
      `SELECT pg_create_physical_replication_slot('s')`,
      `SELECT pg_create_logical_replication_slot('s', 'test_decoding')`,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'`,
      `CREATE PUBLICATION p FOR ALL TABLES`,
      `CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1' PUBLICATION p`,
    ];
    // A path or a language may be refused before the rights are looked at; what counts is that nothing runs.
    for (const role of roles) {
      const client = await connect(role);
      for (const sql of forbidden) {
        await expect(client.query(sql), `${role}: ${sql}`).rejects.toMatchObject({ code: '42501' });
      }
      await client.end();
      const replication = await RawPostgres.connect({
        ...address(role),
        parameters: { replication: 'database' },
      });
      expect(replication.greeting.filter(({ type }) => type === 'E').map(sqlstate)).toEqual(['42501']);
      replication.client.close();
    }
  });

  describe('where extensions that connect to other servers are installed', () => {
    beforeAll(async () => {
      await sample.superuser.query('CREATE EXTENSION dblink; CREATE EXTENSION postgres_fdw');
    });
    afterAll(async () => {
      await sample.superuser.query('DROP EXTENSION dblink; DROP EXTENSION postgres_fdw');
    });

    test.for(roles)('C07 %s is led to nobody whom pg_hba.conf trusts', async (role) => {
      const { upstreamName, manager } = sample.database;
      const trusted = `host=${server.host} port=${server.port} dbname=${upstreamName} user=${manager?.login}`;
      const client = await connect(role);
      // Only superusers may connect on to where no password is asked for: by `trust`, or by a socket.
      for (const target of [trusted, `${trusted} password=guessed`, 'user=postgres']) {
        await expect(client.query(`SELECT dblink_connect('${target}')`), target).rejects.toMatchObject({
          code: '2F003',
        });
      }
      for (const sql of [
        `SELECT dblink_connect_u('${trusted}')`,
        `CREATE SERVER itself FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '${server.host}')`,
        `CREATE SERVER itself FOREIGN DATA WRAPPER dblink_fdw OPTIONS (host '${server.host}')`,
      ]) {
        await expect(client.query(sql), sql).rejects.toMatchObject({ code: '42501' });
      }
      await client.end();
    });
  });

  /** What one session sees of the other's statement, and how its tries to end it end. */
  async function reach(client: pg.Client, peer: pg.Client) {
    const { rows } = await peer.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const pid = rows[0]?.pid;
    const attempt = async (sql: string) =>
      await client.query(sql, [pid]).then(
        (result) => Object.values(result.rows[0] ?? {})[0],
        (cause: pg.DatabaseError) => cause.code,
      );
    return {
      sees: await attempt('SELECT query FROM pg_stat_activity WHERE pid = $1'),
      cancels: await attempt('SELECT pg_cancel_backend($1)'),
      ends: await attempt('SELECT pg_terminate_backend($1)'),
    };
  }

  test.for(roles)(
    'C11 %s sees no statement of another login, and ends none of its sessions',
    async (role) => {
      const client = await connect(role);
      for (const other of roles.filter((one) => one !== role)) {
        const peer = await connect(other);
        expect(await reach(client, peer), other).toEqual({
          sees: '<insufficient privilege>',
          cancels: '42501',
          ends: '42501',
        });
        await peer.end();
      }
      await client.end();
    },
  );

  test('C11 people of one role are one login to the server, until the statements of the docs keep them apart', async () => {
    const documented = await readFile(managedRolesDoc, 'utf8');
    const [, statements = ''] = /## People of one role.*?```sql\n(.*?)```/s.exec(documented) ?? [];
    const client = await connect('readonly');
    const peer = await connect('readonly');
    expect(await reach(client, peer)).toMatchObject({ sees: expect.stringContaining('SELECT'), ends: true });
    await sample.superuser.query(statements);
    const next = await connect('readonly');
    expect(await reach(client, next)).toEqual({ sees: '42501', cancels: '42501', ends: '42501' });
    await next.end();
    await client.end();
  });
});
