import { createHmac } from 'node:crypto';
import { type CryptoKey, exportSPKI, generateKeyPair, importJWK } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startTokenIssuer, type TokenIssuer } from '../../../../../tests/support/token-issuer.ts';
import { type Config, workloadMethod } from '../../config/index.ts';
import { type Clock, Secret } from '../../core/index.ts';
import { subjectOfToken } from './subject-of-token.ts';
import { trustedIssuers } from './trusted-issuers.ts';

let corp: TokenIssuer;
const time = { ahead: 0 };
const clock: Clock = { now: () => Date.now() + time.ahead, monotonic: () => performance.now() };

beforeAll(async () => {
  corp = await startTokenIssuer();
});
afterAll(() => corp.stop());
afterEach(() => {
  time.ahead = 0;
  corp.state = 'up';
});

function configOf(change: Partial<Pick<Config, 'signIn' | 'workloads'>> = {}): Config {
  const { issuer } = corp;
  return {
    signIn: [
      {
        kind: 'oidc',
        name: 'corp',
        label: 'Corp',
        issuer,
        clientId: 'grantway',
        claims: { groups: ['groups'], others: {} },
        directAudiences: ['grantway'],
        signInEveryMs: 86_400_000,
      },
    ],
    workloads: [],
    scim: [],
    ...change,
  } as unknown as Config;
}

const person = { sub: 'u-7', aud: 'grantway', groups: ['editor'] };

async function whoIs(token: string, config = configOf()) {
  const proof = await trustedIssuers(config, clock)(new Secret(token));
  return proof.outcome === 'genuine' ? subjectOfToken(proof.signed, config, clock.now()) : proof;
}

test('a token of a trusted issuer, meant for us, is its person', async () => {
  expect(await whoIs(await corp.sign(person))).toMatchObject({
    outcome: 'read',
    is: 'person',
    principal: { method: 'corp', subject: 'u-7', groups: ['editor'] },
  });
});

test('an access token for several is taken when it was given to a trusted client', async () => {
  const token = { ...person, aud: ['grantway', 'https://api.example'], azp: 'grantway' };
  expect(await whoIs(await corp.sign(token, { header: { typ: 'at+jwt' } }))).toMatchObject({ is: 'person' });
});

describe('nobody is', async () => {
  const foreign = await generateKeyPair('RS256', { extractable: true });
  const curve = await generateKeyPair('ES256', { extractable: true });
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const said = () => ({ iss: corp.issuer, iat: now, exp: now + 300, ...person });

  const hmacWith = (key: string) => {
    const head = `${part({ alg: 'HS256', kid: 'key-1' })}.${part(said())}`;
    return `${head}.${createHmac('sha256', key).update(head).digest('base64url')}`;
  };
  const pem = async () => exportSPKI((await importJWK(corp.publicJwk, 'RS256')) as CryptoKey);

  test.each<[string, () => string | Promise<string>]>([
    ['G01 alg none', () => `${part({ alg: 'none' })}.${part(said())}.`],
    ['G01 alg None', () => `${part({ alg: 'None' })}.${part(said())}.`],
    ['G01 alg nOnE', () => `${part({ alg: 'nOnE' })}.${part(said())}.`],
    ['G01 an HMAC with the public key as JWK', () => hmacWith(JSON.stringify(corp.publicJwk))],
    ['G01 an HMAC with the public key as PEM', async () => hmacWith(await pem())],
    ['G01 an HMAC with the PEM behind a blank', async () => hmacWith(` ${await pem()}`)],
    [
      'G01 an algorithm in a header that is not signed',
      async () => {
        const [head, payload, signature] = (await corp.sign(person)).split('.');
        return JSON.stringify({ protected: head, header: { alg: 'RS256' }, payload, signature });
      },
    ],
    [
      'G01 another algorithm than that of the key',
      async () => {
        const [, payload, signature] = (await corp.sign(person)).split('.');
        return `${part({ alg: 'RS512', kid: 'key-1' })}.${payload}.${signature}`;
      },
    ],
    ['G01 an empty signature', async () => (await corp.sign(person)).replace(/[^.]+$/, '')],
    [
      'G01 a key of another type',
      () => corp.sign(person, { key: curve.privateKey, header: { alg: 'ES256' } }),
    ],
    [
      'G01 an ECDSA signature of zeros',
      () =>
        `${part({ alg: 'ES256', kid: 'key-1' })}.${part(said())}.${Buffer.alloc(64).toString('base64url')}`,
    ],
    [
      'G01 a crit that nobody knows',
      () =>
        corp
          .sign(person, { header: { crit: ['exp2'], exp2: 1 } })
          .catch(
            () =>
              `${part({ alg: 'RS256', kid: 'key-1', crit: ['exp2'], exp2: 1 })}.${part(said())}.${'A'.repeat(342)}`,
          ),
    ],
    ['G01 a signature by a key that is not published', () => corp.sign(person, { key: foreign.privateKey })],
    [
      'G02 a key in the header',
      async () => corp.sign(person, { key: foreign.privateKey, header: { jwk: corp.publicJwk } }),
    ],
    [
      'G02 an address of keys in the header',
      () => corp.sign(person, { key: foreign.privateKey, header: { jku: `${corp.issuer}/keys` } }),
    ],
    ['G02 a kid that is a path', () => corp.sign(person, { header: { kid: '../../dev/null' } })],
    ['G02 a kid that is SQL', () => corp.sign(person, { header: { kid: "' OR 1=1 --" } })],
    ['G02 a kid of a megabyte', () => corp.sign(person, { header: { kid: 'k'.repeat(1_000_000) } })],
    ['G04 a token that ended', () => corp.sign({ ...person, exp: now - 61 })],
    ['G04 no end', () => corp.sign({ ...person, exp: undefined })],
    ['G04 an end that is a text', () => corp.sign({ ...person, exp: '9999999999' })],
    ['G04 an end of 1e300', () => corp.sign({ ...person, exp: 1e300 })],
    ['G04 an end with a fraction', () => corp.sign({ ...person, exp: now + 300.5 })],
    ['G04 a token of the future', () => corp.sign({ ...person, nbf: now + 120 })],
    ['G04 made in the future', () => corp.sign({ ...person, iat: now + 120 })],
    ['G06 an issuer that nobody trusts', () => corp.sign({ ...person, iss: 'https://elsewhere.example' })],
    ['G06 another audience', () => corp.sign({ ...person, aud: 'other' })],
    ['G06 two audiences without azp', () => corp.sign({ ...person, aud: ['grantway', 'other'] })],
    [
      'G06 two audiences, given to another',
      () => corp.sign({ ...person, aud: ['grantway', 'other'], azp: 'other' }),
    ],
    ['no audience', () => corp.sign({ ...person, aud: undefined })],
    ['no subject', () => corp.sign({ ...person, sub: undefined })],
    ['a logout token that does not say so', () => corp.sign({ ...person, events: {} })],
    ['a token that is bound to a key', () => corp.sign({ ...person, cnf: { jkt: 'x' } })],
    ['a token that is older than a sign-in may be', () => corp.sign({ ...person, iat: now - 90_000 })],
    [
      'G02 an address of certificates in the header',
      () =>
        corp.sign(person, { key: foreign.privateKey, header: { x5u: `${corp.issuer}/keys`, x5c: ['AA'] } }),
    ],
    ['G04 an end that is null', () => corp.sign({ ...person, exp: null })],
    ['G04 a negative end', () => corp.sign({ ...person, exp: -1 })],
    ['a logout token', () => corp.sign(person, { header: { typ: 'logout+jwt' } })],
    [
      'G07 groups that are kept elsewhere',
      () => corp.sign({ ...person, groups: undefined, _claim_names: { groups: 'src' } }),
    ],
    ['20 KiB', () => corp.sign({ ...person, more: 'x'.repeat(20_000) })],
    ['no token at all', () => 'hunter2'],
  ])('%s', async (_, token) => {
    expect(['refused', 'nobody']).toContain((await whoIs(await token())).outcome);
  });

  test('whose method does not take tokens directly', async () => {
    const config = configOf();
    const [method] = config.signIn;
    const { directAudiences: _, ...without } = method as Extract<typeof method, { kind: 'oidc' }>;
    expect(await whoIs(await corp.sign(person), configOf({ signIn: [without] }))).toMatchObject({
      outcome: 'refused',
    });
  });
});

describe('G01 an issuer whose keys do not say what they are for', () => {
  let bare: TokenIssuer;
  beforeAll(async () => {
    bare = await startTokenIssuer({ bareKeys: true });
  });
  afterAll(() => bare.stop());
  const configOfBare = () => {
    const config = configOf();
    return {
      ...config,
      signIn: config.signIn.map((method) => ({ ...method, issuer: bare.issuer })),
    } as Config;
  };

  test('is believed with its own algorithm', async () => {
    expect(await whoIs(await bare.sign(person), configOfBare())).toMatchObject({ is: 'person' });
  });

  test.each(['HS256', 'HS512', 'none'])('is not with %s and its public key as the secret', async (alg) => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const now = Math.floor(Date.now() / 1000);
    const said = { iss: bare.issuer, iat: now, exp: now + 300, ...person };
    const head = `${part({ alg, kid: 'key-1' })}.${part(said)}`;
    const key = JSON.stringify(bare.publicJwk);
    for (const signature of [
      createHmac('sha256', key).update(head).digest('base64url'),
      createHmac('sha512', key).update(head).digest('base64url'),
      '',
    ])
      expect(await whoIs(`${head}.${signature}`, configOfBare())).toMatchObject({ outcome: 'refused' });
  });
});

describe('the clocks', () => {
  test.each([
    ['G04 ended less than a minute ago', { exp: -45 }],
    ['G04 begins in less than a minute', { nbf: 45 }],
    ['G04 was made by a clock that is less than a minute ahead', { iat: 45 }],
  ])('may differ by a minute: a token that %s is good', async (_, offsets) => {
    const now = Math.floor(clock.now() / 1000);
    const times = Object.fromEntries(Object.entries(offsets).map(([name, by]) => [name, now + by]));
    expect(await whoIs(await corp.sign({ ...person, ...times }))).toMatchObject({ is: 'person' });
  });
});

describe('the keys of an issuer', () => {
  test('G03 are read once a cool-down, whatever key ids come', async () => {
    const verify = trustedIssuers(configOf(), clock);
    const before = corp.reads;
    await verify(new Secret(await corp.sign(person)));
    for (let index = 0; index < 20; index += 1)
      await verify(new Secret(await corp.sign(person, { header: { kid: `random-${index}` } })));
    expect(corp.reads - before).toBe(1);
    time.ahead = 31_000;
    await verify(new Secret(await corp.sign(person, { header: { kid: 'another' } })));
    expect(corp.reads - before).toBe(2);
  });

  test('G03 that were read serve on while it is down, and a new one is found when it is back', async () => {
    const verify = trustedIssuers(configOf(), clock);
    const token = await corp.sign(person);
    await verify(new Secret(token));
    corp.state = 'down';
    time.ahead = 11 * 60_000;
    const fresh = await corp.sign({ ...person, exp: Math.floor(Date.now() / 1000) + 3_600 });
    expect(await verify(new Secret(fresh))).toMatchObject({ outcome: 'genuine' });
    corp.state = 'up';
    await corp.rotate();
    time.ahead += 31_000;
    const signed = await corp.sign({ ...person, exp: Math.floor(Date.now() / 1000) + 3_600 });
    expect(await verify(new Secret(signed))).toMatchObject({ outcome: 'genuine' });
    expect(await verify(new Secret(fresh))).toMatchObject({ outcome: 'refused', reason: 'not_genuine' });
  });

  test('G03 serve on for a day and no longer', async () => {
    const verify = trustedIssuers(configOf(), clock);
    await verify(new Secret(await corp.sign(person)));
    corp.state = 'down';
    const at = (ahead: number) => {
      time.ahead = ahead;
      const now = Math.floor(clock.now() / 1000);
      return corp.sign({ ...person, iat: now, exp: now + 300 });
    };
    expect(await verify(new Secret(await at(23 * 3_600_000)))).toMatchObject({ outcome: 'genuine' });
    expect(await verify(new Secret(await at(25 * 3_600_000)))).toMatchObject({ reason: 'unavailable' });
  });

  test('that were never read make it unavailable', async () => {
    corp.state = 'down';
    expect(await whoIs(await corp.sign(person))).toMatchObject({ outcome: 'refused', reason: 'unavailable' });
  });
});

describe('a workload', () => {
  const job = {
    sub: 'repo:acme/app:ref:refs/heads/main',
    aud: 'https://access.example',
    repository: 'acme/app',
  };
  const workload = (claims: Readonly<Record<string, string>>) =>
    configOf({
      signIn: [],
      workloads: [
        { name: 'deploy', issuer: corp.issuer, audience: 'https://access.example', claims, groups: ['ci'] },
      ],
    });

  test('is who its rule says, with the claims of the rule', async () => {
    const config = workload({ repository: 'acme/app', sub: 'repo:acme/*:ref:refs/heads/*' });
    expect(await whoIs(await corp.sign(job), config)).toMatchObject({
      is: 'workload',
      principal: {
        method: workloadMethod,
        subject: 'deploy',
        groups: ['ci'],
        // Not sub, which differs from job to job.
        claims: { repository: 'acme/app' },
      },
    });
  });

  test.each([
    ['another repository', { repository: 'acme/other' }],
    ['a longer name', { repository: 'acme/ap' }],
    ['a claim that is missing', { environment: '*' }],
    ['a name of the prototype', { toString: '*' }],
    ['overlapping ends of a pattern', { sub: 'repo:acme/app:ref:refs/heads/main*main' }],
  ])('is nobody for a rule with %s', async (_, claims) => {
    expect(await whoIs(await corp.sign(job), workload(claims as Record<string, string>))).toMatchObject({
      outcome: 'nobody',
    });
  });

  test('is nobody for another audience', async () => {
    const config = workload({ repository: 'acme/app' });
    expect(await whoIs(await corp.sign({ ...job, aud: 'https://other' }), config)).toMatchObject({
      outcome: 'nobody',
    });
  });
});
