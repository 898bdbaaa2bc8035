import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { makeAuthority } from './certificates.ts';
import { startPostgres } from './postgres.ts';

describe('the PostgreSQL of the tests', () => {
  test('two servers run side by side, and each takes its own superuser only', async () => {
    const [one, two] = await Promise.all([startPostgres({ hba: [] }), startPostgres({ hba: [] })]);
    try {
      expect(one.port).not.toBe(two.port);
      const admin = await one.adminClient();
      const { rows } = await admin.query<{ v: string }>(`select current_setting('server_version') as v`);
      expect(rows[0]?.v).toMatch(/^18\./);
      await admin.end();
      const stranger = new pg.Client({
        connectionString: one.superuserUrl().replace(`:${one.port}/`, `:${two.port}/`),
      });
      await expect(stranger.connect()).rejects.toThrow(/password authentication failed/);
    } finally {
      await Promise.all([one.stop(), two.stop()]);
    }
  });

  test('it offers TLS with the certificate given, and follows new access lines', async () => {
    const authority = await makeAuthority();
    const server = await startPostgres({ certificate: await authority.issue(['127.0.0.1', 'localhost']) });
    try {
      const admin = await server.adminClient();
      await admin.query(`create role app login password 'app'`);
      await server.hba(['hostssl all app 127.0.0.1/32 trust']);
      const clear = new pg.Client({
        host: server.host,
        port: server.port,
        user: 'app',
        database: 'postgres',
      });
      await expect(clear.connect()).rejects.toThrow(/no pg_hba.conf entry/);
      const safe = new pg.Client({
        host: 'localhost',
        port: server.port,
        user: 'app',
        database: 'postgres',
        ssl: { ca: authority.certificate },
      });
      await safe.connect();
      const { rows } = await safe.query(`select ssl from pg_stat_ssl where pid = pg_backend_pid()`);
      expect(rows).toEqual([{ ssl: true }]);
      await safe.end();
      await admin.end();
    } finally {
      await server.stop();
    }
  });
});
