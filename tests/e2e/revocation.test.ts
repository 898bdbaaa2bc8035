import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SamplePerson, startGateway, type TestGateway, type TokenAnswer } from '../support/gateway.ts';
import { type ProgramEnd, psql } from '../support/psql.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.stop());

const offline = { scope: 'db:authdb:readonly offline_access', prompt: 'consent' };

interface Way {
  readonly person: SamplePerson;
  readonly takeBack: (tokens: TokenAnswer) => Promise<unknown>;
}

/** Each way to take access back: as the client, the person and the operator do it. The last ones shut people out. */
const ways: Readonly<Record<string, Way>> = {
  'F15 the access token, by its client': {
    person: 'viewer',
    takeBack: async ({ accessToken }) =>
      await gateway.post('revoke', { client_id: 'app', token: accessToken }),
  },
  'F15 the refresh token, by its client': {
    person: 'viewer',
    takeBack: async ({ refreshToken }) =>
      await gateway.post('revoke', { client_id: 'app', token: refreshToken }),
  },
  'the application, by the person on the home page': {
    person: 'viewer',
    takeBack: async () => {
      const person = gateway.person('viewer');
      await person.press(await person.home(), /^\/applications\/.+\/end$/);
    },
  },
  'the person, by the operator': {
    person: 'editor',
    takeBack: async () => await gateway.operator('users', 'disable', 'editor@example.com'),
  },
  'the client, by the operator': {
    person: 'admin',
    takeBack: async () => await gateway.operator('clients', 'disable', 'app'),
  },
};

describe('access that is taken back', () => {
  test.each(Object.entries(ways))(
    '%s: cancels what runs, tells psql why, ends the session, and lets nobody in again',
    async (_, { person, takeBack }) => {
      const tokens = await gateway.tokens(person, offline);
      const session = await sleepForever(gateway, tokens.accessToken);

      await takeBack(tokens);
      const back = await psql(gateway, { token: tokens.accessToken }, 'SELECT 1');
      expect(back.code).toBe(2);
      expect(back.stderr).toContain('FATAL:  This access token is not valid any more');

      const { stderr } = await session.end;
      expect(stderr).toContain('FATAL:  Your access was revoked');
      await expect.poll(() => sleepers(gateway), { timeout: 10_000 }).toBe(0);
    },
  );
});

test('a person ends one live session on the home page, and the application may connect again', async () => {
  const own = await startGateway();
  try {
    const { accessToken } = await own.tokens('viewer');
    const session = await sleepForever(own, accessToken);
    const person = own.person('viewer');
    const sessionForm = /action="\/sessions\/[^"]+\/end"/;
    await expect.poll(async () => (await person.home()).html, { timeout: 10_000 }).toMatch(sessionForm);
    await person.press(await person.home(), /^\/sessions\/.+\/end$/);
    expect((await session.end).stderr).toContain('FATAL:  Your access was revoked');
    expect((await psql(own, { token: accessToken }, 'SELECT 1')).stdout).toBe('1');
  } finally {
    await own.stop();
  }
});

/** Starts a statement that takes five minutes; resolves once the database runs it. */
async function sleepForever(at: TestGateway, token: string): Promise<{ readonly end: Promise<ProgramEnd> }> {
  const end = psql(at, { token }, 'SELECT pg_sleep(300)');
  await expect.poll(() => sleepers(at), { timeout: 10_000 }).toBe(1);
  return { end };
}

async function sleepers(at: TestGateway): Promise<number> {
  const rows = await at.database.query(
    "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(300)'",
  );
  return rows.length;
}
