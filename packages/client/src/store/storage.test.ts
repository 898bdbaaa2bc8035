import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Kysely, MysqlDialect, PostgresDialect } from 'kysely';
import { createPool } from 'mysql2';
import pg from 'pg';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startMariadb } from '../../../../tests/support/mysql.ts';
import { startPostgres } from '../../../../tests/support/postgres.ts';
import { startRedis } from '../../../../tests/support/redis.ts';
import { fileStorage } from './file-storage.ts';
import { memoryStorage } from './memory-storage.ts';
import { redisStorage } from './redis-storage.ts';
import { createTokenTable, sqlStorage, type TokenTables } from './sql-storage.ts';
import { storageChecks } from './storage-checks.ts';
import type { TokenStorage } from './token-storage.ts';

interface Opened {
  readonly storage: TokenStorage;
  close(): Promise<void>;
}

const storages: Readonly<Record<string, () => Promise<Opened>>> = {
  memory: async () => ({ storage: memoryStorage(), close: async () => {} }),
  file: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'grantway-storage-'));
    const storage = fileStorage(join(folder, 'tokens.db'));
    return {
      storage,
      close: async () => {
        storage.close();
        rmSync(folder, { recursive: true });
      },
    };
  },
  'SQL of PostgreSQL': async () => {
    const server = await startPostgres();
    const pool = new pg.Pool({ connectionString: server.superuserUrl('postgres'), max: 5 });
    const closed: Promise<void>[] = [];
    pool.on('connect', (client) => closed.push(new Promise((resolve) => client.once('end', resolve))));
    const database = new Kysely<TokenTables>({ dialect: new PostgresDialect({ pool }) });
    await createTokenTable(database);
    return {
      storage: sqlStorage(database),
      close: async () => {
        await database.destroy();
        // The pool's promise is kept before its connections are closed, and a server that stops would end them with an error.
        await Promise.all(closed);
        await server.stop();
      },
    };
  },
  'SQL of MariaDB': async () => {
    const server = await startMariadb();
    const admin = await server.adminClient();
    await admin.query('CREATE DATABASE IF NOT EXISTS kept');
    await admin.end();
    const pool = createPool({ uri: server.adminUrl('kept'), connectionLimit: 5 });
    const database = new Kysely<TokenTables>({ dialect: new MysqlDialect({ pool }) });
    await createTokenTable(database);
    return {
      storage: sqlStorage(database),
      close: async () => {
        await database.destroy();
        await server.stop();
      },
    };
  },
  'Redis through ioredis': async () => {
    const server = await startRedis();
    const client = new Redis(server.adminUrl);
    return {
      storage: redisStorage(client),
      close: async () => {
        client.disconnect();
        await server.stop();
      },
    };
  },
  'Redis through node-redis': async () => {
    const server = await startRedis();
    const client = createClient({ url: server.adminUrl });
    await client.connect();
    return {
      storage: redisStorage(client),
      close: async () => {
        client.destroy();
        await server.stop();
      },
    };
  },
};

describe.each(Object.entries(storages))('%s', (_, open) => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened?.close());

  test.each(storageChecks)('$title', async ({ run }) => {
    await run(opened.storage, randomUUID());
  });
});

test('the file of a file storage and what lies beside it can be read by its owner alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'grantway-storage-'));
  const path = join(folder, 'tokens.db');
  const storage = fileStorage(path);
  await storage.write('a', 'x');
  for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(file).mode & 0o077, file).toBe(0);
  storage.close();
  rmSync(folder, { recursive: true });
});
