import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  acmeSecret,
  basic,
  signInAndGetTokens,
  startTestBed,
  type TestBed,
  tokenRequest,
} from './testing/index.ts';

const workload = { grant_type: 'client_credentials', scope: 'db:jobs' };

describe('the requests of a client', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await startTestBed({ limits: { client: { requests: 2, windowMs: 60_000 } } });
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  it('are counted when its secret was right, and beyond the limit answered 429 with the wait', async () => {
    // Whoever only names the client uses up nothing that is the client's.
    for (let times = 0; times < 4; times++)
      expect((await tokenRequest(bed, workload, basic('acme-bi', 'wrong'))).status).toBe(401);
    const asAcme = basic('acme-bi', acmeSecret);
    expect((await tokenRequest(bed, workload, asAcme)).status).toBe(200);
    expect((await tokenRequest(bed, workload, asAcme)).status).toBe(200);
    const refused = await fetch(`${bed.issuer}/oauth/token`, {
      method: 'POST',
      headers: asAcme,
      body: new URLSearchParams(workload),
    });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('ratelimit-policy')).toBe('"client";q=2;w=60');
    expect(await refused.json()).toMatchObject({ error: 'slow_down' });
  });
});

describe('the requests in the name of a person', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await startTestBed();
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  it('are counted whoever makes them, and a refresh that came too early costs no token', async () => {
    const { tokens } = await signInAndGetTokens(bed, {
      clientId: 'acme-bi',
      secret: acmeSecret,
      redirectUri: 'https://bi.acme.example/callback',
      parameters: { scope: 'db:authdb' },
    });
    bed.reconfigure({ limits: { person: { requests: 1, windowMs: 60_000 } } });
    const refresh = (token: unknown) =>
      tokenRequest(
        bed,
        { grant_type: 'refresh_token', refresh_token: String(token) },
        basic('acme-bi', acmeSecret),
      );
    const first = await refresh(tokens.refresh_token);
    expect(first.status).toBe(200);
    expect(await refresh(first.body.refresh_token)).toMatchObject({
      status: 429,
      body: { error: 'slow_down' },
    });
    bed.time.now = Date.now() + 61_000;
    expect((await refresh(first.body.refresh_token)).status).toBe(200);
  });
});
