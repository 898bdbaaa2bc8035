import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { RawPostgres } from '../support/raw-postgres.ts';
import { expectedAttempts, tryRoleEscapes } from '../support/role-escapes.ts';

let gateway: TestGateway;
let token: string;
beforeAll(async () => {
  gateway = await startGateway();
  token = (await gateway.tokens('viewer')).accessToken;
});
afterAll(() => gateway?.stop());

const login = 'app_readonly';
const wanted = 'app_admin';

describe('through the gateway, a read-only session', () => {
  test.each(['simple', 'extended'] as const)(
    'C01 C02 C03 stays who it is, whatever statement it tries (%s protocol)',
    async (protocol) => {
      const client = new pg.Client({
        host: '127.0.0.1',
        port: gateway.port,
        user: 'me',
        database: 'authdb',
        password: token,
      });
      await client.connect();
      expect(await tryRoleEscapes(client, wanted, protocol)).toEqual(expectedAttempts(wanted, login));
      await client.end();
    },
  );

  test('C01 stays who it is when it calls set_config without any SQL', async () => {
    const { client } = await RawPostgres.connect({
      host: '127.0.0.1',
      port: gateway.port,
      user: 'me',
      database: 'authdb',
      password: token,
    });
    const setConfig = 2078;
    expect(['42501', '0A000', '08P01', '22P03', '42883']).toContain(
      await client.call(setConfig, ['role', wanted, 'f']),
    );
    expect(await client.query('SELECT current_user')).toEqual([login]);
    client.close();
  });

  test.each([
    ['C01 role', { role: wanted }],
    ['C01 session_authorization', { session_authorization: 'postgres' }],
    ['C01 options with role', { options: `-c role=${wanted}` }],
    ['C01 options with a long option', { options: `--role=${wanted}` }],
    ['C12 replication', { replication: 'database' }],
  ])('gets nowhere with the start-up parameter %s', async (_, parameters) => {
    const { client, greeting } = await RawPostgres.connect({
      host: '127.0.0.1',
      port: gateway.port,
      user: 'me',
      database: 'authdb',
      password: token,
      parameters,
    });
    expect(greeting.at(-1)?.type).toBe('E');
    expect(greeting.at(-1)?.body.toString()).toContain('FATAL');
    client.close();
  });

  test('C06 gets at no program, file or extension of the server, and at no other role', async () => {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: gateway.port,
      user: 'me',
      database: 'authdb',
      password: token,
    });
    await client.connect();
    for (const statement of [
      'ALTER ROLE app_admin PASSWORD NULL',
      'GRANT app_admin TO app_readonly',
      "COPY users TO PROGRAM 'true'",
      "SELECT pg_read_file('postgresql.conf')",
      'CREATE EXTENSION dblink',
    ])
      await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' });
    await client.end();
  });
});
