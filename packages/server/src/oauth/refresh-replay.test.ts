import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../core/index.ts';
import { createAuthorizationServer } from './index.ts';
import {
  acmeSecret,
  basic,
  rawRequest,
  signInAndGetTokens,
  startTestBed,
  type TestBed,
  tokenRequest,
} from './testing/index.ts';

const asAcme = basic('acme-bi', acmeSecret);

describe('a refresh token that was used', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await startTestBed();
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  const form = (refreshToken: unknown) => ({
    grant_type: 'refresh_token',
    refresh_token: String(refreshToken),
  });
  const refresh = (token: unknown) => tokenRequest(bed, form(token), asAcme);
  const verify = (token: unknown) => bed.server.verifyToken(new Secret(String(token)));
  /** The tokens of a sign-in, and those that its refresh token gave. */
  const used = async () => {
    const { tokens } = await signInAndGetTokens(bed, {
      clientId: 'acme-bi',
      secret: acmeSecret,
      redirectUri: 'https://bi.acme.example/callback',
      parameters: { scope: 'db:authdb', prompt: 'consent' },
    });
    return { tokens, next: (await refresh(tokens.refresh_token)).body };
  };
  const expectFamilyEnded = async (next: Readonly<Record<string, unknown>>) => {
    expect(await refresh(next.refresh_token)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    expect(await verify(next.access_token)).toMatchObject({ outcome: 'invalid' });
  };

  it('F07 ends its family at a gateway that has only started since', async () => {
    const { tokens, next } = await used();
    const started = await createAuthorizationServer(bed.parts);
    const listener = createServer((request, response) => void started.handle(request, response));
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    bed.time.now = Date.now() + 31_000;
    const { port } = listener.address() as AddressInfo;
    const headers = { ...asAcme, host: new URL(bed.issuer).host };
    const answer = await rawRequest(port, '/oauth/token', headers, form(tokens.refresh_token));
    listener.closeAllConnections();
    await new Promise((resolve) => listener.close(resolve));
    expect([answer.status, JSON.parse(answer.body).error]).toEqual([400, 'invalid_grant']);
    await expectFamilyEnded(next);
    bed.time.now = 0;
  });

  it('F07 ends its family when the clock was set back since, however far', async () => {
    bed.time.now = Date.now() + 3_600_000;
    const { tokens, next } = await used();
    bed.time.now = 0;
    expect(await refresh(tokens.refresh_token)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    await expectFamilyEnded(next);
  });
});
