import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashSecret, Secret } from '../core/index.ts';
import { createAuthorizationServer } from './index.ts';
import {
  acmeSecret,
  admin,
  basic,
  bothBeforeEither,
  rawRequest,
  signInAndGetTokens,
  startTestBed,
  type TestBed,
  tokenRequest,
} from './testing/index.ts';

const acme = { clientId: 'acme-bi', secret: acmeSecret, redirectUri: 'https://bi.acme.example/callback' };
const asAcme = basic('acme-bi', acmeSecret);

describe('a refresh token', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await startTestBed();
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  const signIn = (scope: string, who?: typeof admin) =>
    signInAndGetTokens(bed, {
      ...acme,
      parameters: { scope, prompt: 'consent' },
      tokenParameters: { resource: `${bed.issuer}/db/authdb` },
      ...(who && { who }),
    });
  const refresh = (token: string, more: Record<string, string> = {}, headers = asAcme) =>
    tokenRequest(bed, { grant_type: 'refresh_token', refresh_token: token, ...more }, headers);
  const verify = (token: unknown) => bed.server.verifyToken(new Secret(String(token)));
  const consentsRevoked = async () =>
    (await bed.store.revocations.since(0))
      .filter(({ kind }) => kind === 'consent')
      .map(({ subject }) => subject);

  it('is replaced at each use, and the new one works', async () => {
    const { tokens } = await signIn('db:authdb');
    const first = await refresh(tokens.refresh_token);
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({
      scope: 'db:authdb',
      database: 'authdb',
      role: 'readonly',
      expires_in: 900,
    });
    expect(first.body.refresh_token).not.toBe(tokens.refresh_token);
    const second = await refresh(String(first.body.refresh_token));
    expect(second.status).toBe(200);
    expect(await verify(second.body.access_token)).toMatchObject({ outcome: 'valid' });
  });

  it('is worth nothing while the word of the provider is too old, and works again after a sign-in', async () => {
    const { tokens } = await signIn('db:authdb');
    // The people of this test, as if a provider stood behind them.
    const provider = {
      kind: 'oidc',
      name: 'local',
      label: 'corp',
      issuer: 'https://id.example',
      clientId: 'grantway',
      claims: { groups: ['groups'], others: {} },
      signInEveryMs: 3_600_000,
      rereadEveryMs: 900_000,
    } as const;
    const { signIn: methods } = bed.config;
    bed.reconfigure({ signIn: [provider] });
    const first = await refresh(tokens.refresh_token);
    expect(first.status).toBe(200);

    bed.time.now = Date.now() + 3_601_000;
    const late = await refresh(String(first.body.refresh_token));
    expect(late).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });

    const again = await signIn('db:authdb');
    expect((await refresh(again.tokens.refresh_token)).status).toBe(200);
    bed.reconfigure({ signIn: [] });
    expect(await refresh(again.tokens.refresh_token)).toMatchObject({ status: 400 });
    bed.reconfigure({ signIn: methods });
    bed.time.now = 0;
  });

  it.each([
    ['now', undefined],
    ['days ago', Date.now() - 3 * 86_400_000],
    ['nobody knows when', 0],
  ])('says how long it lives: from its code on, for somebody who signed in %s', async (_, at) => {
    const month = 30 * 24 * 3_600;
    const { tokens } = await signInAndGetTokens(bed, {
      ...acme,
      ...(at !== undefined && { at }),
      parameters: { scope: 'db:authdb' },
    });
    const { body } = await refresh(tokens.refresh_token);
    for (const { refresh_token_expires_in: seconds } of [tokens, body]) {
      expect(seconds).toBeLessThanOrEqual(month);
      expect(seconds).toBeGreaterThan(month - 60);
    }
  });

  it('gives an honest retry the very same answer', async () => {
    const { tokens } = await signIn('db:authdb');
    const first = await refresh(tokens.refresh_token);
    const retry = await refresh(tokens.refresh_token);
    expect(retry).toEqual(first);
    expect((await refresh(String(retry.body.refresh_token))).status).toBe(200);
  });

  it('gives that answer as long as the window is open, also when a first use could have died by then', async () => {
    const { tokens } = await signIn('db:authdb');
    const first = await refresh(tokens.refresh_token);
    bed.time.now = Date.now() + 15_000;
    const retry = await refresh(tokens.refresh_token);
    bed.time.now = 0;
    expect(retry).toEqual(first);
  });

  it('F06 used fifty times at once gives one successor, and nobody is signed out', async () => {
    const { tokens } = await signIn('db:authdb');
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(tokens.refresh_token)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
    expect(new Set(answers.map(({ body }) => body.access_token)).size).toBe(1);
    expect(await verify(answers[0]?.body.access_token)).toMatchObject({ outcome: 'valid' });
    const family = await bed.store.artifacts.find('RefreshToken', hashSecret(tokens.refresh_token));
    const alive = await bed.store.artifacts.list('RefreshToken', { grantId: String(family?.grantId) });
    expect(alive).toHaveLength(1);
  });

  it('F06 whose other use was found unused too gives one successor', async () => {
    const { tokens } = await signIn('db:authdb');
    const answers = await bothBeforeEither(bed, () => refresh(tokens.refresh_token));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[1]).toEqual(answers[0]);
  });

  it('F07 used again after the window ends the whole family, and says so to every gateway', async () => {
    const { tokens } = await signIn('db:authdb');
    const first = await refresh(tokens.refresh_token);
    const verdict = await verify(first.body.access_token);
    const consent = verdict.outcome === 'valid' ? verdict.token.consentId : '';
    bed.time.now = Date.now() + 31_000;
    expect(await refresh(tokens.refresh_token)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    expect(await refresh(String(first.body.refresh_token))).toMatchObject({ status: 400 });
    expect(await verify(first.body.access_token)).toEqual({ outcome: 'invalid', reason: 'unknown' });
    expect(await consentsRevoked()).toContain(consent);
    expect(bed.events).toContainEqual({ type: 'revoked', kind: 'consent', subject: consent, by: 'grantway' });
    bed.time.now = 0;
  });

  it('F05 is replayed to its own client alone', async () => {
    const { tokens } = await signIn('db:authdb');
    await refresh(tokens.refresh_token);
    const stranger = await refresh(tokens.refresh_token, { client_id: 'grantway-cli' }, {});
    expect(stranger).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    const noSecret = await refresh(tokens.refresh_token, { client_id: 'acme-bi' }, {});
    expect(noSecret).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  it('F08 is not replayed to a request that asks for something else, and the family lives', async () => {
    const { tokens } = await signIn('db:authdb db:sales');
    const first = await refresh(tokens.refresh_token, { resource: `${bed.issuer}/db/authdb` });
    const refusals = () => bed.events.filter(({ type }) => type === 'token_refused').length;
    const before = refusals();
    const other = await refresh(tokens.refresh_token, { resource: `${bed.issuer}/db/sales` });
    const less = { resource: `${bed.issuer}/db/authdb`, scope: 'db:authdb' };
    for (const answer of [other, await refresh(tokens.refresh_token, less)])
      expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(refusals()).toBe(before + 2);
    expect(
      (await refresh(String(first.body.refresh_token), { resource: `${bed.issuer}/db/sales` })).body,
    ).toMatchObject({ database: 'sales', scope: 'db:sales' });
  });

  it('F08 gives a token for each database of the consent, and only for those', async () => {
    const { tokens } = await signIn('db:authdb db:sales');
    const unnamed = await refresh(tokens.refresh_token);
    expect(unnamed).toMatchObject({ status: 400, body: { error: 'invalid_target' } });
    expect(unnamed.body.error_description).toContain('resource');
    const outside = await refresh(tokens.refresh_token, { resource: `${bed.issuer}/db/vault` });
    expect(outside).toMatchObject({ status: 400, body: { error: 'invalid_target' } });
    const byScope = await refresh(tokens.refresh_token, { scope: 'db:sales' });
    expect(byScope.body).toMatchObject({ database: 'sales' });
  });

  it('F08 never widens its scope', async () => {
    const { tokens } = await signIn('db:authdb:readonly', admin);
    expect(await refresh(tokens.refresh_token, { scope: 'db:authdb:admin' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_scope' },
    });
  });

  it('is not used up by a request that is refused', async () => {
    const { tokens } = await signIn('db:authdb db:sales');
    await refresh(tokens.refresh_token, { resource: `${bed.issuer}/db/none` });
    await refresh(tokens.refresh_token, { scope: 'db:sales', resource: `${bed.issuer}/db/authdb` });
    expect(await refresh(tokens.refresh_token, { resource: `${bed.issuer}/db/authdb` })).toMatchObject({
      status: 200,
      body: { scope: 'db:authdb' },
    });
  });

  it('F08 keeps its end whatever rotates, counted from its code', async () => {
    const { tokens } = await signIn('db:authdb');
    const end = async (token: unknown) =>
      (await bed.store.artifacts.find('RefreshToken', hashSecret(String(token))))?.payload.exp;
    const before = Number(await end(tokens.refresh_token));
    expect(before).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000) + 30 * 86_400);
    const { body } = await refresh(tokens.refresh_token);
    expect(Math.abs(Number(await end(body.refresh_token)) - before)).toBeLessThanOrEqual(1);
    bed.time.now = Date.now() + 31 * 86_400_000;
    expect(await refresh(String(body.refresh_token))).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    bed.time.now = 0;
  });

  it('F08 is refused for a disabled person, and works again when they are let back in', async () => {
    const { tokens } = await signIn('db:authdb');
    await bed.store.people.disable('local:viewer@example.com');
    expect(await refresh(tokens.refresh_token)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    expect(await verify(tokens.access_token)).toEqual({ outcome: 'invalid', reason: 'person_disabled' });
    await bed.store.people.enable('local:viewer@example.com');
    expect((await refresh(tokens.refresh_token)).status).toBe(200);
  });

  it('F08 is refused, and kept, when no rule gives the role any more', async () => {
    const { tokens } = await signIn('db:authdb:admin', admin);
    await bed.store.people.seen(
      { id: 'local:admin@example.com', displayName: 'A', groups: [], claims: {} },
      Date.now(),
    );
    expect(await refresh(tokens.refresh_token)).toMatchObject({
      status: 400,
      body: { error: 'invalid_scope' },
    });
    await bed.store.people.seen(
      { id: 'local:admin@example.com', displayName: 'A', groups: ['admin'], claims: {} },
      Date.now(),
    );
    expect((await refresh(tokens.refresh_token)).body).toMatchObject({ role: 'admin', username: 'admin' });
  });

  it('is refused, and kept, while the audit cannot be written', async () => {
    const { tokens } = await signIn('db:authdb');
    const failing = (failed: boolean) =>
      Object.defineProperty(bed.audit, 'failed', { get: () => failed, configurable: true });
    failing(true);
    const refused = await refresh(tokens.refresh_token);
    failing(false);
    expect(refused.body).toMatchObject({ error: 'temporarily_unavailable' });
    expect((await refresh(tokens.refresh_token)).status).toBe(200);
  });

  it('goes on when its first use died before it answered', async () => {
    const { tokens } = await signIn('db:authdb');
    await bed.store.artifacts.consume('RefreshToken', hashSecret(tokens.refresh_token), Date.now());
    bed.time.now = Date.now() + 11_000;
    expect((await refresh(tokens.refresh_token)).status).toBe(200);
    bed.time.now = 0;
  });

  it('whose first use failed on our side goes on, and no retry gets that failure for an answer', async () => {
    const { tokens } = await signIn('db:authdb');
    const { used } = bed.store.activity;
    bed.store.activity.used = () => Promise.reject(new Error('the store does not answer'));
    const failed = await refresh(tokens.refresh_token);
    bed.store.activity.used = used;
    expect(failed.status).toBeGreaterThanOrEqual(500);
    bed.time.now = Date.now() + 11_000;
    const later = await refresh(tokens.refresh_token);
    bed.time.now = 0;
    expect(later).toMatchObject({ status: 200, body: { database: 'authdb' } });
  });

  it('whose first use died goes on with one of two that find it so at the same moment', async () => {
    const { tokens } = await signIn('db:authdb');
    await bed.store.artifacts.consume('RefreshToken', hashSecret(tokens.refresh_token), Date.now());
    bed.time.now = Date.now() + 11_000;
    const { find } = bed.store.artifacts;
    const waiting: (() => void)[] = [];
    bed.store.artifacts.find = async (model, idHash) => {
      const found = await find(model, idHash);
      if (model === 'RefreshReplay' && waiting.length < 2)
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          if (waiting.length === 2) for (const go of waiting) go();
        });
      return found;
    };
    const answers = await Promise.all([refresh(tokens.refresh_token), refresh(tokens.refresh_token)]);
    bed.store.artifacts.find = find;
    bed.time.now = 0;
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[1]).toEqual(answers[0]);
  });

  it('F06 used at two gateways at once still gives one successor', async () => {
    const { tokens } = await signIn('db:authdb');
    const second = await createAuthorizationServer(bed.parts);
    const listener = createServer((request, response) => void second.handle(request, response));
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token };
    const headers = { ...asAcme, host: new URL(bed.issuer).host };
    const ports = [Number(new URL(bed.issuer).port), (listener.address() as AddressInfo).port];
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => rawRequest(ports[n % 2] ?? 0, '/oauth/token', headers, form)),
    );
    listener.closeAllConnections();
    await new Promise((resolve) => listener.close(resolve));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const pairs = answers
      .map(({ body }) => JSON.parse(body))
      .map((one) => `${one.access_token} ${one.refresh_token}`);
    expect(new Set(pairs).size).toBe(1);
  });
});
