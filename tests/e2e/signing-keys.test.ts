import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeProtectedHeader,
  type JSONWebKeySet,
  jwtVerify,
} from 'jose';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { availablePorts, freePort } from '../../packages/server/src/demo/free-port.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { psql } from '../support/psql.ts';
import { type RoundRobin, startRoundRobin } from '../support/round-robin.ts';

/** Two processes on one store of PostgreSQL, behind a load balancer that sends each request to the other one. */
let storeServer: TestPostgres;
let balancer: RoundRobin;
let gateway: TestGateway;
let other: { stop(): Promise<void> };
/** Where each process answers by itself. */
let ports: readonly [number, number];

beforeAll(async () => {
  storeServer = await startPostgres();
  ports = await availablePorts([0, 0]);
  balancer = await startRoundRobin(ports);
  gateway = await startGateway({
    issuer: `http://127.0.0.1:${balancer.port}`,
    config: { store: 'env:TEST_STORE', tokens: { signingKeyNotice: '5s' } },
    env: { TEST_STORE: storeServer.superuserUrl('postgres'), GRANTWAY_LISTEN_HTTP: `127.0.0.1:${ports[0]}` },
  });
  other = await gateway.beside({
    GRANTWAY_LISTEN_HTTP: `127.0.0.1:${ports[1]}`,
    GRANTWAY_LISTEN_POSTGRES: `127.0.0.1:${await freePort()}`,
    GRANTWAY_DATADIR: `${gateway.dataDir}-other`,
  });
});
afterAll(async () => {
  await other?.stop();
  await gateway?.stop();
  await balancer?.stop();
  await storeServer?.stop();
});

/** An application that checks the signature of each ID token, with keys that it keeps until it meets one that it does not know. */
async function application() {
  const discover = async () =>
    await openid.discovery(new URL(gateway.issuer), 'app', undefined, openid.None(), {
      execute: [openid.allowInsecureRequests, openid.enableNonRepudiationChecks],
    });
  let client = await discover();
  const asked = gateway.request({
    scope: 'openid offline_access db:authdb:readonly',
    prompt: 'consent',
    state: '',
  });
  const end = await gateway.person('viewer').authorize(asked.url);
  if (end.kind === 'page') throw new Error(end.html);
  let tokens = await openid.authorizationCodeGrant(client, end.to, { pkceCodeVerifier: asked.verifier });
  const current = () => ({ idToken: tokens.id_token ?? '', accessToken: tokens.access_token });
  return {
    current,
    /** The library keeps keys for five minutes, and a key's notice is usually a day: this is that time, passing. */
    async forgetKeys() {
      client = await discover();
    },
    async renew() {
      tokens = await openid.refreshTokenGrant(client, tokens.refresh_token ?? '');
      return current();
    },
  };
}

const kidOf = (token: string) => decodeProtectedHeader(token).kid;

/** What one of the two publishes, asked by its own port under the name that both answer to. */
async function keysAt(port: number): Promise<JSONWebKeySet> {
  const asked = get({
    host: '127.0.0.1',
    port,
    path: '/oauth/jwks',
    headers: { host: new URL(gateway.issuer).host },
  });
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return (await json(answer)) as JSONWebKeySet;
}

const kidsEverywhere = async () =>
  await Promise.all(ports.map(async (port) => (await keysAt(port)).keys.map(({ kid }) => kid)));

async function rotate(
  ...how: readonly string[]
): Promise<{ readonly outcome: string; readonly key: string }> {
  return JSON.parse((await gateway.operator('keys', 'rotate-signing', '--json', ...how)).stdout);
}

describe('two gateways, while the key that signs ID tokens changes', () => {
  test('G20 both publish the next one before either signs, through a restart, and every ID token verifies', async () => {
    const app = await application();
    const before = app.current().idToken;
    const { outcome, key: kid } = await rotate();
    expect(outcome).toBe('announced');
    await expect
      .poll(kidsEverywhere, { timeout: 20_000 })
      .toEqual(ports.map(() => expect.arrayContaining([kid])));
    // Two who read the keys once, each at another gateway, and never again.
    const readOnce = (await Promise.all(ports.map(keysAt))).map((set) => createLocalJWKSet(set));
    await app.forgetKeys();
    await gateway.restart();

    const seen = new Set([kidOf(before)]);
    const check = async (token: string) => {
      for (const keys of [...readOnce, createRemoteJWKSet(new URL(`${gateway.issuer}/oauth/jwks`))])
        await jwtVerify(token, keys, { issuer: gateway.issuer, audience: 'app' });
      seen.add(kidOf(token));
    };
    await expect
      .poll(
        async () => {
          const { idToken } = await app.renew();
          await check(idToken);
          return kidOf(idToken);
        },
        { timeout: 40_000, interval: 300 },
      )
      .toBe(kid);
    await check(before);
    expect(seen.size).toBe(2);
    const listed = JSON.parse((await gateway.operator('keys', 'list', '--json')).stdout);
    expect(listed).toMatchObject([
      { key: kid, state: 'signing' },
      { key: kidOf(before), state: 'retired' },
    ]);
  }, 60_000);

  test('G20 a compromised one is out at both, and what needs no signature goes on', async () => {
    const app = await application();
    const { idToken, accessToken } = app.current();
    const { outcome, key: kid } = await rotate('--compromised');
    expect(outcome).toBe('replaced');
    await expect.poll(kidsEverywhere, { timeout: 20_000 }).toEqual(ports.map(() => [kid]));
    for (const port of ports)
      await expect(
        jwtVerify(idToken, createLocalJWKSet(await keysAt(port)), { issuer: gateway.issuer }),
      ).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    expect((await psql(gateway, { token: accessToken }, 'SELECT session_user')).stdout).toBe('app_readonly');
    expect(kidOf((await application()).current().idToken)).toBe(kid);
  });

  test('J07 the change is in the audit, with who asked for it', async () => {
    const { stdout } = await gateway.operator('audit', 'export');
    const actions = stdout.split('\n').filter((line) => line.includes('signing_key'));
    expect(actions.map((line) => JSON.parse(line).action)).toEqual([
      'signing_key_announced',
      'signing_key_announced',
      'signing_keys_replaced',
    ]);
    expect(JSON.parse(actions.at(-1) ?? '{}').by).toMatch(/^operator:./);
  });
});
