import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ConnectionEnd, endOf } from '../support/ended.ts';
import { type SamplePerson, startGateway, type TestGateway, type TokenAnswer } from '../support/gateway.ts';
import { psql } from '../support/psql.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

const offline = { scope: 'db:authdb:readonly offline_access', prompt: 'consent' };

interface Way {
  readonly person: SamplePerson;
  readonly takeBack: (tokens: TokenAnswer) => Promise<unknown>;
  /** What the client is told when it comes back with the same token. */
  readonly refusal: RegExp;
}

/** Each way to take access back: as the client, the person and the operator do it. The last ones shut people out. */
const ways: Readonly<Record<string, Way>> = {
  'the access token, by its client': {
    person: 'viewer',
    takeBack: async ({ accessToken }) =>
      await gateway.post('revoke', { client_id: 'app', token: accessToken }),
    refusal: /not valid any more/,
  },
  'the refresh token, by its client': {
    person: 'viewer',
    takeBack: async ({ refreshToken }) =>
      await gateway.post('revoke', { client_id: 'app', token: refreshToken }),
    refusal: /not valid any more/,
  },
  'the application, by the person on the home page': {
    person: 'viewer',
    takeBack: async () => {
      const person = gateway.person('viewer');
      await person.press(await person.home(), /^\/applications\/.+\/end$/);
    },
    refusal: /not valid any more/,
  },
  'the person, by the operator': {
    person: 'editor',
    takeBack: async () => await gateway.operator('users', 'disable', 'editor@example.com'),
    refusal: /disabled/,
  },
  'the client, by the operator': {
    person: 'admin',
    takeBack: async () => await gateway.operator('clients', 'disable', 'app'),
    refusal: /not valid any more/,
  },
};

describe('access that is taken back', () => {
  test.each(Object.entries(ways))(
    '%s: cancels what runs, tells the session why, ends it, and lets nobody in again',
    async (_, { person, takeBack, refusal }) => {
      const tokens = await gateway.tokens(person, offline);
      const client = await connect(tokens.accessToken);
      const pid = await runForever(client);

      const ended = endOf(client);
      await takeBack(tokens);
      const back = await psql(gateway, { token: tokens.accessToken }, 'SELECT 1');
      expect(back.code).toBe(2);
      expect(back.stderr).toMatch(refusal);

      const end = await ended;
      expect(end.code).toBe('57P01');
      expect(end.message).toContain('Your access was revoked');
      await isQuiet(pid);
    },
  );
});

test('a person ends one live session on the home page, and the application may connect again', async () => {
  const own = await startGateway();
  try {
    const { accessToken } = await own.tokens('viewer');
    const client = new pg.Client({
      host: '127.0.0.1',
      port: own.port,
      database: 'authdb',
      user: 'me',
      password: accessToken,
    });
    await client.connect();
    const ended: Promise<ConnectionEnd> = endOf(client);
    const person = own.person('viewer');
    await expect.poll(async () => (await person.home()).html).toMatch(/action="\/sessions\/[^"]+\/end"/);
    await person.press(await person.home(), /^\/sessions\/.+\/end$/);
    expect((await ended).code).toBe('57P01');
    expect((await psql(own, { token: accessToken }, 'SELECT 1')).stdout).toBe('1');
  } finally {
    await own.stop();
  }
});

async function connect(password: string): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: gateway.port,
    user: 'me',
    database: 'authdb',
    password,
  });
  await client.connect();
  return client;
}

/** Starts a statement that nobody waits for; resolves with the backend's pid once the server runs it. */
async function runForever(client: pg.Client): Promise<number> {
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  client.query('SELECT pg_sleep(300)').catch(() => undefined);
  await expect
    .poll(() => gateway.database.query(`SELECT state FROM pg_stat_activity WHERE pid = ${rows[0].pid}`))
    .toEqual([{ state: 'active' }]);
  return rows[0].pid;
}

/** Resolves when the server runs nothing under that pid any more. */
async function isQuiet(pid: number): Promise<void> {
  const running = `SELECT 1 FROM pg_stat_activity WHERE pid = ${pid} AND state = 'active'`;
  await expect.poll(() => gateway.database.query(running)).toEqual([]);
}
