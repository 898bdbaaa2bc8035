import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { availablePorts, freePort } from '../../packages/server/src/demo/free-port.ts';
import { cancelKeyOf, requestCancel } from '../support/cancel-request.ts';
import { readAnswer, startGateway, type TestGateway } from '../support/gateway.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { psql } from '../support/psql.ts';
import { type RoundRobin, startRoundRobin } from '../support/round-robin.ts';

/**
 * Two processes of one configuration on one store of PostgreSQL, behind a load balancer that sends every request to the
 * other one than the request before.
 */
let storeServer: TestPostgres;
let balancer: RoundRobin;
let one: TestGateway;
/** The door of the second process. */
let other: { readonly port: number; stop(): Promise<void> };

beforeAll(async () => {
  storeServer = await startPostgres();
  const [oneHttp, otherHttp, otherPort] = await availablePorts([0, 0, 0]);
  balancer = await startRoundRobin([oneHttp, otherHttp]);
  one = await startGateway({
    issuer: `http://127.0.0.1:${balancer.port}`,
    config: { store: 'env:TEST_STORE' },
    env: { TEST_STORE: storeServer.superuserUrl('postgres'), GRANTWAY_LISTEN_HTTP: `127.0.0.1:${oneHttp}` },
  });
  const second = await one.beside({
    GRANTWAY_LISTEN_HTTP: `127.0.0.1:${otherHttp}`,
    GRANTWAY_LISTEN_POSTGRES: `127.0.0.1:${otherPort}`,
    GRANTWAY_DATADIR: `${one.dataDir}-other`,
  });
  other = { port: otherPort, stop: second.stop };
});
afterAll(async () => {
  await other?.stop();
  await one?.stop();
  await balancer?.stop();
  await storeServer?.stop();
});

const offline = { scope: 'db:authdb:readonly offline_access', prompt: 'consent' };

describe('two gateways behind a load balancer', () => {
  test('take turns in one sign-in, and both let its token in', async () => {
    const before = [...balancer.answered];
    const { accessToken } = await one.tokens('viewer');
    expect(balancer.answered.every((count, index) => count > (before[index] ?? 0))).toBe(true);
    for (const { port } of [one, other]) {
      const { stdout, stderr } = await psql({ port }, { token: accessToken }, 'SELECT session_user');
      expect(stdout, stderr).toBe('app_readonly');
    }
  });

  test('F06 give one successor to a refresh token that is used at both at once', async () => {
    const { refreshToken } = await one.tokens('editor', offline);
    const renew = async () =>
      await one.post('token', { grant_type: 'refresh_token', client_id: 'app', refresh_token: refreshToken });
    const answers = await Promise.all([renew(), renew(), renew(), renew()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
  });

  test('end a session at the one when access is taken back at the other', async () => {
    const tokens = await one.tokens('viewer', offline);
    const asleep = [one, other].map(({ port }) =>
      psql({ port }, { token: tokens.accessToken }, 'SELECT pg_sleep(300)'),
    );
    await expect.poll(sleepers, { timeout: 10_000 }).toBe(2);
    // Both are on the home page, whoever serves it.
    const person = one.person('viewer');
    await expect
      .poll(async () => (await person.home()).html.match(/action="\/sessions\/[^"]+\/end"/g)?.length, {
        timeout: 10_000,
      })
      .toBe(2);
    await one.post('revoke', { client_id: 'app', token: tokens.refreshToken });
    for (const end of asleep) expect((await end).stderr).toContain('FATAL:  Your access was revoked');
    await expect.poll(sleepers, { timeout: 10_000 }).toBe(0);
  });

  test('cancel a statement at the one when the request comes in at the other', async () => {
    const { accessToken } = await one.tokens('viewer');
    const client = new pg.Client({
      host: '127.0.0.1',
      port: one.port,
      user: 'me',
      database: 'authdb',
      password: accessToken,
    });
    await client.connect();
    const statement = client.query('SELECT pg_sleep(300)').catch((cause: Error) => cause.message);
    await expect.poll(sleepers, { timeout: 10_000 }).toBe(1);
    // A live session is shown to others within half a second; a person presses Ctrl-C until it helps.
    await expect
      .poll(
        async () => {
          await requestCancel(other.port, cancelKeyOf(client));
          return await sleepers();
        },
        { timeout: 10_000, interval: 300 },
      )
      .toBe(0);
    expect(await statement).toContain('canceling statement');
    await client.end();
  });

  test('start at the same moment on a store that is empty, and sign with the same keys', async () => {
    const admin = await storeServer.adminClient();
    await admin.query('CREATE DATABASE empty');
    await admin.end();
    const started = await Promise.all(
      ['first', 'second'].map(async (name) => {
        const http = `127.0.0.1:${await freePort()}`;
        const process = await one.beside({
          TEST_STORE: storeServer.superuserUrl('empty'),
          GRANTWAY_ISSUER: `http://${http}`,
          GRANTWAY_LISTEN_HTTP: http,
          GRANTWAY_LISTEN_POSTGRES: `127.0.0.1:${await freePort()}`,
          GRANTWAY_DATADIR: `${one.dataDir}-${name}`,
        });
        return { http, stop: process.stop };
      }),
    );
    const keys = await Promise.all(
      started.map(async ({ http }) => await readAnswer(await fetch(`http://${http}/oauth/jwks`))),
    );
    expect(keys[0]?.body.keys).toEqual(expect.arrayContaining([expect.objectContaining({ use: 'sig' })]));
    expect(keys[1]?.body).toEqual(keys[0]?.body);
    for (const { stop } of started) await stop();
  });

  test('go on alone when the other one is gone', async () => {
    await other.stop();
    const { accessToken } = await one.tokens('admin', { scope: 'db:authdb:admin' });
    expect((await psql(one, { token: accessToken }, 'SELECT session_user')).stdout).toBe('app_admin');
  });
});

async function sleepers(): Promise<number> {
  const rows = await one.database.query(
    "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(300)'",
  );
  return rows.length;
}
