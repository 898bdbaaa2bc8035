import { spawn } from 'node:child_process';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cancelKeyOf, requestCancel } from '../support/cancel-request.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { psqlEnvironment } from '../support/psql.ts';

let gateway: TestGateway;
let token: string;
beforeAll(async () => {
  gateway = await startGateway();
  token = (await gateway.tokens('viewer')).accessToken;
});
afterAll(() => gateway?.stop());

/** How many sessions sleep in the database just now. */
async function sleeping(): Promise<number> {
  const rows = await gateway.database.query(
    "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(300)%' AND pid <> pg_backend_pid()",
  );
  return rows.length;
}

async function connected(): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: gateway.port,
    user: 'me',
    database: 'authdb',
    password: token,
  });
  await client.connect();
  return client;
}

describe('cancelling', () => {
  test('is what Ctrl-C in psql does', async () => {
    const child = spawn('psql', ['--no-psqlrc', '--no-align', '--tuples-only'], {
      env: psqlEnvironment(gateway, { token }),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.stdin.end('SELECT pg_sleep(300);\n');
    await expect.poll(sleeping, { timeout: 10_000 }).toBe(1);
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGINT');
    await closed;
    expect(output).toContain('canceling statement due to user request');
  });

  test('A18 with a key that is not one of ours does nothing to anybody', async () => {
    const client = await connected();
    const statement = client.query('SELECT pg_sleep(300)').catch((cause: Error) => cause.message);
    await expect.poll(sleeping, { timeout: 10_000 }).toBe(1);

    const rows = await gateway.database.query(
      "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(300)%' AND pid <> pg_backend_pid()",
    );
    const pid = Buffer.alloc(4);
    pid.writeInt32BE(Number(rows[0]?.pid));
    const foreign = [
      Buffer.alloc(8),
      Buffer.concat([pid, Buffer.alloc(4)]),
      Buffer.from('ffffffffffffffff', 'hex'),
      Buffer.alloc(36, 7),
      Buffer.alloc(4),
      Buffer.alloc(300),
    ];
    for (const key of foreign) await requestCancel(gateway.port, key);
    expect(await sleeping()).toBe(1);

    await gateway.database.query(`SELECT pg_cancel_backend(${rows[0]?.pid})`);
    expect(await statement).toContain('canceling statement');
    await client.end();
  });

  test('A18 with the key of one session leaves the other sessions of the same person alone', async () => {
    const one = await connected();
    const other = await connected();
    const statement = other.query('SELECT pg_sleep(300)').catch((cause: Error) => cause.message);
    await expect.poll(sleeping, { timeout: 10_000 }).toBe(1);
    await requestCancel(gateway.port, cancelKeyOf(one));
    expect(await sleeping()).toBe(1);
    expect((await one.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);

    await requestCancel(gateway.port, cancelKeyOf(other));
    expect(await statement).toContain('canceling statement');
    expect((await other.query('SELECT 2 AS two')).rows).toEqual([{ two: 2 }]);
    await one.end();
    await other.end();
  });
});
