import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPostgres, type TestPostgres } from '../../../../../tests/support/postgres.ts';
import { newUuid, systemClock } from '../../core/index.ts';
import { storeConformance } from '../conformance/index.ts';
import { openStore } from '../open-store.ts';
import { openPostgres } from './open-postgres.ts';

let server: TestPostgres | undefined;
const databases: string[] = [];

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  const admin = await server?.adminClient();
  for (const database of databases) await admin?.query(`drop database "${database}" with (force)`);
  await admin?.end();
  await server?.stop();
});

async function newUrl(): Promise<string> {
  if (server === undefined) throw new Error('the server is not started');
  const database = `store_${newUuid()}`;
  const admin = await server.adminClient();
  await admin.query(`create database "${database}"`);
  await admin.end();
  databases.push(database);
  return server.superuserUrl(database);
}

storeConformance('PostgreSQL', async () => ({ kind: 'postgres', url: await newUrl() }));

describe('the PostgreSQL store', () => {
  test.each(['mysql://user:hunter2@localhost/db', 'hunter2', 'postgres:hunter2@[::bad'])(
    'refuses the address %j without repeating it',
    async (url) => {
      const refusal = await openStore({ kind: 'postgres', url }, systemClock).catch(String);
      expect(refusal).toMatch(/postgres:\/\/user:password@host:5432\/database/);
      expect(refusal).not.toContain('hunter2');
    },
  );

  test('says that nobody answers there', async () => {
    const url = await newUrl();
    const nobody = url.replace(/@[^/]*/, '@127.0.0.1:1');
    await expect(openStore({ kind: 'postgres', url: nobody }, systemClock)).rejects.toThrow(
      /The store cannot be reached: .*ECONNREFUSED/,
    );
  });

  test('refuses as unavailable, with the cause for the log, once nobody can be reached', async () => {
    const db = openPostgres((await newUrl()).replace(/@[^/]*/, '@127.0.0.1:1'));
    await expect(sql`select 1`.execute(db)).rejects.toMatchObject({
      code: 'store_unavailable',
      cause: { code: 'ECONNREFUSED' },
    });
    await db.destroy();
  });

  test('goes on after the server ended its connections, idle ones and those in use', async () => {
    const url = await newUrl();
    const store = await openStore({ kind: 'postgres', url }, systemClock);
    const db = openPostgres(url);
    await store.ping();
    const admin = await server?.adminClient();
    const ofStore = `from pg_stat_activity where datname = '${new URL(url).pathname.slice(1)}'`;
    await db.connection().execute(async (inUse) => {
      await sql`select 1`.execute(inUse);
      await admin?.query(`select pg_terminate_backend(pid) ${ofStore}`);
      while ((await admin?.query(`select 1 ${ofStore}`))?.rowCount !== 0);
      await expect(sql`select 1`.execute(inUse)).rejects.toThrow();
      // The end of the connection, which nobody asks about any more, comes a moment behind the error.
      await new Promise((resolve) => setTimeout(resolve, 50));
    });
    await admin?.end();
    // A query may still meet a connection that the pool does not know to be dead: once for each that it had.
    for (let dead = 0; dead < 10; dead += 1) {
      const answers = await store.ping().then(
        () => true,
        () => false,
      );
      if (answers) break;
    }
    await store.ping();
    await store.close();
    await db.destroy();
  });
});
