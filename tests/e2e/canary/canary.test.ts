import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../../packages/server/src/core/index.ts';
import { freePort } from '../../../packages/server/src/demo/free-port.ts';
import { people, startGateway, type TestGateway } from '../../support/gateway.ts';
import { type OpenIdProvider, startOpenIdProvider } from '../../support/openid-provider.ts';
import { type Exchange, type RecordingProxy, startRecordingProxy } from '../../support/recording-proxy.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { filesUnder, findSecrets, type Place } from '../../support/secret-search.ts';
import { liveALife } from './live-a-life.ts';
import { SecretsOfALife } from './secrets-of-a-life.ts';

// A whole life behind a proxy that keeps every answer. Then all that was said and kept is searched for all secrets.
let folder: string;
let provider: OpenIdProvider;
let redis: TestRedis;
let proxy: RecordingProxy;
let gateway: TestGateway;
let said: readonly Place[];
const secrets = new SecretsOfALife();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-canary-'));
  const [front, back, mysqlPort, redisPort, nobody] = await Promise.all(Array.from({ length: 5 }, freePort));
  const ports = { mysql: mysqlPort ?? 0, redis: redisPort ?? 0 };
  const cachePassword = secrets.remember('the password of a login', newId());
  [provider, redis] = await Promise.all([
    startOpenIdProvider(),
    startRedis({ acl: [`user cache_reader on >${cachePassword} ~* &* +@all`] }),
  ]);
  proxy = await startRecordingProxy(front ?? 0, back ?? 0);
  gateway = await startGateway({
    issuer: `http://127.0.0.1:${front}`,
    listen: {
      http: `127.0.0.1:${back}`,
      mysql: `127.0.0.1:${ports.mysql}`,
      redis: `127.0.0.1:${ports.redis}`,
    },
    env: { CORP_SECRET: provider.clientSecret, TEST_CACHE: cachePassword, TMPDIR: folder },
    config: {
      registration: { people: 'everyone' },
      signIn: {
        local: {},
        corp: {
          kind: 'oidc',
          issuer: provider.issuer,
          clientId: provider.clientId,
          clientSecret: 'env:CORP_SECRET',
        },
      },
    },
    databases: {
      cache: {
        engine: 'redis',
        host: redis.host,
        port: redis.port,
        tls: 'off',
        roles: { reader: { login: 'cache_reader', password: 'env:TEST_CACHE', allow: 'everyone' } },
      },
      // Nobody listens there: what the gateway says then is looked at too.
      shop: {
        engine: 'mysql',
        host: '127.0.0.1',
        port: nobody ?? 0,
        database: 'shop',
        tls: 'off',
        roles: { reader: { login: 'shop_reader', password: 'env:TEST_CACHE', allow: 'everyone' } },
      },
    },
  });
  provider.sendBackTo(`${gateway.issuer}/sign-in/callback/corp`);
  for (const name of people) secrets.remember(`the password of ${name}`, gateway.passwordOf(name));
  for (const password of Object.values(gateway.database.passwords))
    secrets.remember('the password of a login', password);
  secrets.remember('the client secret', gateway.clientSecret);
  secrets.remember('the client secret at the provider', provider.clientSecret);
  said = await liveALife({ gateway, provider, ports, tokenFile: join(folder, 'tokens.db') }, secrets);
});

/** What browsers were given to keep, without what stands in the address of a page too. */
function cookies(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { headers } of proxy.exchanges) {
    for (const [index, line] of headers.entries()) {
      if (headers[index - 1]?.toLowerCase() !== 'set-cookie') continue;
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      const isInAddresses = /interaction|resume/.test(name);
      if (value.length >= 16 && !isInAddresses) found.set(value, `the cookie ${name}`);
    }
  }
  return new Map([...found].map(([value, name], index) => [`${name} (${index})`, value]));
}

afterAll(async () => {
  await gateway?.stop();
  await Promise.all([provider?.stop(), redis?.stop(), proxy?.stop()]);
  await rm(folder, { recursive: true, force: true });
});

/** Where a secret is given to whom it belongs, in this part of the answer. */
const handedOut: readonly (readonly [path: RegExp, part: 'body' | 'location'])[] = [
  [/^\/oauth\/(token|device)$/, 'body'],
  [/^\/oauth\/authorize\/[^/]+$/, 'location'],
  // A redirect says in its body where it leads, for whoever does not follow it.
  [/^\/oauth\/authorize\/[^/]+$/, 'body'],
  [/^\/developer\/(new|applications\/[^/]+\/rotate)$/, 'body'],
  [/^\/factors\/(app|recovery-codes)$/, 'body'],
];

/** The parts of an answer. */
function partsOf({ method, path, status, headers, body }: Exchange) {
  const named = headers.flatMap((name, index) =>
    index % 2 === 0 ? [{ part: name.toLowerCase(), content: headers[index + 1] ?? '' }] : [],
  );
  return [...named, { part: 'body', content: body }].map(({ part, content }) => ({
    name: `${method} ${path} ${status} ${part}`,
    content,
    mayHold: handedOut.some(([where, what]) => what === part && where.test(path)),
  }));
}

test('I06 no secret is in the log, and none in what programs and operators were told', () => {
  const log = { name: 'the log', content: gateway.log() };
  expect(findSecrets(secrets.all, [log, ...said])).toEqual([]);
});

test('I06 I11 no secret is in an answer over HTTP, except for the one that gives it', () => {
  const answers = proxy.exchanges.flatMap(partsOf);
  const elsewhere = new Map(secrets.all);
  // The sign-in page gives the name back that was typed, whatever that was.
  elsewhere.delete('a password in the wrong field');
  expect(
    findSecrets(
      elsewhere,
      answers.filter(({ mayHold }) => !mayHold),
    ),
  ).toEqual([]);
  const given = findSecrets(
    secrets.all,
    answers.filter(({ mayHold }) => mayHold),
  );
  expect(given.length).toBeGreaterThan(10);
});

test('I06 no cookie is in the log, in an answer beside its own line, or in a file in clear', async () => {
  const answers = proxy.exchanges.flatMap(partsOf).filter(({ name }) => !name.endsWith(' set-cookie'));
  const places = [{ name: 'the log', content: gateway.log() }, ...said, ...answers];
  expect(cookies().size).toBeGreaterThan(0);
  expect(findSecrets(cookies(), [...places, ...(await filesUnder(dirname(gateway.configFile)))])).toEqual([]);
});

test('I05 I06 no secret is in a file in clear: store, audit, temporary files, the tokens of an application', async () => {
  const files = [...(await filesUnder(dirname(gateway.configFile))), ...(await filesUnder(folder))];
  for (const kept of ['grantway.db', 'grantway.db-wal', '.jsonl', 'tokens.db'])
    expect(files.map(({ name }) => name)).toContainEqual(expect.stringContaining(kept));
  expect(findSecrets(secrets.all, files)).toEqual([]);
});
