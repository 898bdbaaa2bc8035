import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifies } from '../../requirements.ts';
import { readAnswer, startGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ config: { tokens: { access: '5s' } } });
});
afterAll(() => gateway?.stop());

const offline = { scope: 'db:authdb:readonly offline_access', prompt: 'consent' };

async function introspect(token: string): Promise<Readonly<Record<string, unknown>>> {
  const credentials = { client_id: 'backend', client_secret: gateway.clientSecret };
  return (await gateway.post('introspect', { ...credentials, token })).body;
}

async function isAlive(accessToken: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${accessToken}` };
  return (await fetch(`${gateway.issuer}/api/v1/me`, { headers })).status === 200;
}

describe('revocation', () => {
  test(
    verifies(
      ['rfc7009-2-refresh-tokens', 'rfc7009-2.1-immediate'],
      'of a refresh token ends it at once, with every access token of the consent',
    ),
    async () => {
      const { accessToken, refreshToken } = await gateway.tokens('viewer', offline);
      const answer = await gateway.post('revoke', { client_id: 'app', token: refreshToken });
      expect(answer.status).toBe(200);
      expect(await isAlive(accessToken)).toBe(false);
      const again = { grant_type: 'refresh_token', client_id: 'app', refresh_token: refreshToken };
      expect((await gateway.post('token', again)).body.error).toBe('invalid_grant');
    },
  );

  test.each(['access_token', 'refresh_token', 'something_else'])(
    verifies(
      ['rfc7009-2.1-hint', 'rfc7009-2.1-immediate'],
      'finds an access token whatever the hint says: %s',
    ),
    async (token_type_hint) => {
      const { accessToken } = await gateway.tokens('viewer', offline);
      await gateway.post('revoke', { client_id: 'app', token: accessToken, token_type_hint });
      expect(await isAlive(accessToken)).toBe(false);
    },
  );

  test(
    verifies('rfc7009-2.1-own-tokens', 'by another client, or without its secret, changes nothing'),
    async () => {
      const { accessToken } = await gateway.tokens('viewer', { client_id: 'app' });
      const other = { client_id: 'backend', client_secret: gateway.clientSecret, token: accessToken };
      await gateway.post('revoke', other);
      expect(await isAlive(accessToken)).toBe(true);
      const withoutSecret = await gateway.post('revoke', { client_id: 'backend', token: accessToken });
      expect(withoutSecret.status).toBe(401);
      expect(await isAlive(accessToken)).toBe(true);
    },
  );

  test(verifies('rfc7009-2.2-unknown-token', 'of a token that does not exist succeeds'), async () => {
    const answer = await gateway.post('revoke', { client_id: 'app', token: `gwt_${'A'.repeat(43)}` });
    expect(answer.status).toBe(200);
  });
});

describe('introspection', () => {
  test(
    verifies(['rfc7662-2.1-post', 'rfc7662-2.2-active'], 'says what a live token is good for'),
    async () => {
      const { accessToken } = await gateway.tokens('viewer', { client_id: 'backend' });
      expect(await introspect(accessToken)).toMatchObject({
        active: true,
        client_id: 'backend',
        scope: 'db:authdb:readonly',
      });
    },
  );

  test(verifies('rfc7662-2.1-post', 'takes POST only'), async () => {
    const answer = await readAnswer(await fetch(`${gateway.issuer}/oauth/introspect?token=x`));
    expect(answer.status).toBeGreaterThanOrEqual(400);
  });

  test(verifies('rfc7662-2.1-authorized', 'answers nobody who does not authenticate'), async () => {
    const { accessToken } = await gateway.tokens('viewer');
    for (const body of [
      { token: accessToken },
      { client_id: 'backend', client_secret: 'x', token: accessToken },
    ]) {
      const answer = await gateway.post('introspect', body);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.body.active).toBeUndefined();
    }
  });

  test(
    verifies(
      ['rfc7662-2.2-inactive', 'rfc7662-4-resource-servers'],
      'of an unknown token, or of a live one that is another client’s, says "inactive" and not a word more',
    ),
    async () => {
      const { accessToken } = await gateway.tokens('viewer');
      expect(await isAlive(accessToken)).toBe(true);
      expect(await introspect(accessToken)).toEqual({ active: false });
      expect(await introspect(`gwt_${'A'.repeat(43)}`)).toEqual({ active: false });
      expect(await introspect('')).not.toHaveProperty('active', true);
    },
  );

  test.each(['token', 'consent'])(
    verifies('rfc7662-4-revoked', 'of a token that was live, and whose %s was revoked, says "inactive"'),
    async (what) => {
      const { accessToken, refreshToken } = await gateway.tokens('viewer', {
        ...offline,
        client_id: 'backend',
      });
      expect(await introspect(accessToken)).toMatchObject({ active: true });
      const token = what === 'token' ? accessToken : refreshToken;
      const credentials = { client_id: 'backend', client_secret: gateway.clientSecret };
      expect((await gateway.post('revoke', { ...credentials, token })).status).toBe(200);
      expect(await introspect(accessToken)).toEqual({ active: false });
    },
  );

  test(verifies('rfc7662-4-expired', 'of an expired token says "inactive"'), async () => {
    const answer = await gateway.post('token', {
      grant_type: 'client_credentials',
      client_id: 'worker',
      client_secret: gateway.clientSecret,
    });
    const token = String(answer.body.access_token);
    const ask = async () =>
      (await gateway.post('introspect', { client_id: 'worker', client_secret: gateway.clientSecret, token }))
        .body;
    expect(await ask()).toMatchObject({ active: true });
    await expect.poll(ask, { timeout: 20_000 }).toEqual({ active: false });
    expect(await isAlive(token)).toBe(false);
  });
});
