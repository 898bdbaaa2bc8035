import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifies } from '../../requirements.ts';
import { type Answer, startGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.stop());

const offline = { scope: 'db:authdb:readonly offline_access', prompt: 'consent' };

async function refresh(token: string, more: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return await gateway.post('token', {
    grant_type: 'refresh_token',
    client_id: 'app',
    refresh_token: token,
    ...more,
  });
}

async function statusOf(accessToken: unknown): Promise<number> {
  const headers = { authorization: `Bearer ${accessToken}` };
  return (await fetch(`${gateway.issuer}/api/v1/me`, { headers })).status;
}

describe('a refresh token', () => {
  test(
    verifies(
      ['oauth21-4.3.1-replay-detected', 'oauth21-4.3.3-same-scope'],
      'gives an access token and its own successor, for the same scope',
    ),
    async () => {
      const first = await gateway.tokens('viewer', offline);
      const second = await refresh(first.refreshToken);
      expect(second.status).toBe(200);
      expect(second.body.scope).toBe(first.body.scope);
      expect(second.body.refresh_token).toBeTypeOf('string');
      expect(second.body.refresh_token).not.toBe(first.refreshToken);
      const third = await refresh(String(second.body.refresh_token));
      expect(third.body.scope).toBe(first.body.scope);
      expect(await statusOf(third.body.access_token)).toBe(200);
    },
  );

  test('sent twice within 30 seconds, as after a lost answer, gives the same successor', async () => {
    const { refreshToken } = await gateway.tokens('viewer', offline);
    const first = await refresh(refreshToken);
    const again = await refresh(refreshToken);
    expect(again.status).toBe(200);
    expect(again.body.refresh_token).toBe(first.body.refresh_token);
  });

  test('sent fifty times at once gives one successor', async () => {
    const { refreshToken } = await gateway.tokens('viewer', offline);
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(refreshToken)));
    const given = answers.filter(({ status }) => status === 200).map(({ body }) => body.refresh_token);
    expect(given.length).toBeGreaterThanOrEqual(1);
    expect(new Set(given).size).toBe(1);
  });

  const abused = {
    'a forged one': async () => await refresh('A'.repeat(43)),
    'one that was changed by a character': async () => {
      const { refreshToken } = await gateway.tokens('viewer', offline);
      return await refresh(`${refreshToken.slice(0, -1)}${refreshToken.endsWith('A') ? 'B' : 'A'}`);
    },
    'an access token in its place': async () =>
      await refresh((await gateway.tokens('viewer', offline)).accessToken),
    'F05 one of another client': async () => {
      const { refreshToken } = await gateway.tokens('viewer', offline);
      return await refresh(refreshToken, { client_id: 'backend', client_secret: gateway.clientSecret });
    },
  };
  test.each(Object.entries(abused))(
    verifies(
      ['oauth21-4.3-refresh-of-client', 'oauth21-4.3-refresh-unforgeable', 'oauth21-3.2.3-refresh-bound'],
      '%s is refused',
    ),
    async (_, attempt) => {
      const answer = await attempt();
      expect(answer.status).toBe(400);
      expect(answer.body.error).toBe('invalid_grant');
    },
  );

  test.each([
    [{ scope: 'db:authdb:readwrite' }, 'invalid_scope'],
    [{ scope: 'db:authdb:readonly db:authdb:admin' }, 'invalid_scope'],
    [{ resource: 'https://elsewhere.example/db/authdb' }, 'invalid_target'],
  ])(
    verifies(
      ['oauth21-4.3.1-scope-not-wider', 'oauth21-3.2.3-refresh-bound'],
      'F08 cannot be used for more than was consented: %o',
    ),
    async (more, error) => {
      const { refreshToken } = await gateway.tokens('admin', offline);
      const answer = await refresh(refreshToken, more as Record<string, string>);
      expect(answer.status).toBe(400);
      expect(answer.body.error).toBe(error);
    },
  );

  test(
    verifies('oauth21-4.3.1-grant-active', 'F08 is worth nothing once the consent is revoked'),
    async () => {
      const tokens = await gateway.tokens('editor', offline);
      const revoked = await gateway.post('revoke', { client_id: 'app', token: tokens.refreshToken });
      expect(revoked.status).toBe(200);
      expect((await refresh(tokens.refreshToken)).body.error).toBe('invalid_grant');
      expect(await statusOf(tokens.accessToken)).toBe(401);
    },
  );

  test(
    verifies('oauth21-4.3-refresh-confidential', 'is in none of the files of the gateway, nor in its output'),
    async () => {
      const tokens = await gateway.tokens('viewer', offline);
      await refresh(tokens.refreshToken);
      const files = globSync('**/*', { cwd: gateway.dataDir, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      );
      expect(files.length).toBeGreaterThan(0);
      for (const secret of [tokens.refreshToken, tokens.accessToken, gateway.passwordOf('viewer')]) {
        for (const file of files)
          expect(readFileSync(join(file.parentPath, file.name)).includes(secret)).toBe(false);
        expect(gateway.log()).not.toContain(secret);
      }
    },
  );
});
