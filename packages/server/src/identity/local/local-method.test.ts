import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash as bcryptHash } from '@node-rs/bcrypt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Clock, Secret } from '../../core/index.ts';
import { openStore, type Store } from '../../store/index.ts';
import type { PasswordProof, SignInOutcome } from '../sign-in-method.ts';
import { throttleLimits } from '../throttle.ts';
import { localMethod } from './local-method.ts';
import { hashPassword, maxPasswordBytes, slowestVerifierMs } from './password-hash.ts';

const id = 'local:viewer@example.com';
const password = 'correct horse battery staple';
const home = '192.0.2.1';

let now: number;
const clock: Clock = { now: () => now, monotonic: () => now };
let folder: string;
let store: Store;

beforeEach(async () => {
  now = Date.UTC(2026, 0, 1);
  folder = await mkdtemp(join(tmpdir(), 'grantway-identity-'));
  store = await openStore({ kind: 'sqlite', path: join(folder, 'grantway.db') }, clock);
  await add(await hashPassword(new Secret(password)));
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

async function add(hash: string, expiresAt?: number): Promise<void> {
  await store.people.put({ id, displayName: 'Viewer', groups: ['viewer'], claims: {} }, now);
  await store.people.setPassword(id, { hash, ...(expiresAt !== undefined && { expiresAt }) });
}

/** A method as another process would have it: it shares nothing with earlier ones but the store. */
function method() {
  return localMethod({ name: 'local', people: store.people, attempts: store.attempts, clock });
}

function signIn(username: string, typed: string, remoteAddress = home): Promise<SignInOutcome> {
  return method().verify({ username, password: new Secret(typed), remoteAddress });
}

async function fail(times: number, remoteAddress = home, username = 'viewer@example.com'): Promise<void> {
  await Promise.all(Array.from({ length: times }, () => signIn(username, 'wrong', remoteAddress)));
}

/** Fails once for each of many people, each from an address of its own. */
async function failForMany(people: number, addressOf: (n: number) => string): Promise<void> {
  await Promise.all(Array.from({ length: people }, (_, n) => fail(1, addressOf(n), `person-${n}`)));
}

describe('a local password', () => {
  test('proves its person, with the groups of the store', async () => {
    expect(await signIn('viewer@example.com', password)).toEqual({
      outcome: 'proven',
      principal: {
        method: 'local',
        subject: 'viewer@example.com',
        displayName: 'Viewer',
        groups: ['viewer'],
        claims: {},
      },
    });
  });

  test.each(['VIEWER@example.com', '  viewer@example.com\t', 'ｖiewer@example.com'])(
    'finds the same person for the spelling %j',
    async (username) => {
      expect(await signIn(username, password)).toMatchObject({
        outcome: 'proven',
        principal: { subject: 'viewer@example.com' },
      });
    },
  );

  test.each([
    ['a wrong one', 'viewer@example.com', 'wrong', 'wrong_password'],
    ['an empty one', 'viewer@example.com', '', 'wrong_password'],
    ['one that differs in case', 'viewer@example.com', password.toUpperCase(), 'wrong_password'],
    ['one with a trailing space', 'viewer@example.com', `${password} `, 'wrong_password'],
    ['an unknown person', 'nobody@example.com', password, 'unknown'],
    ['an empty name', '', password, 'unknown'],
    ['a person of another method', 'corp:viewer@example.com', password, 'unknown'],
    ['G18 a password beyond the limit', 'viewer@example.com', 'ü'.repeat(513), 'too_long'],
    ['G18 a name beyond the limit', 'v'.repeat(1025), password, 'too_long'],
  ])('does not prove anybody with %s', async (_, username, typed, reason) => {
    expect(await signIn(username, typed)).toMatchObject({ outcome: 'failed', reason });
  });

  test('an unknown name is not repeated in the outcome, since it may be a password', async () => {
    expect(await signIn('hunter2', 'x')).toEqual({ outcome: 'failed', reason: 'unknown' });
  });

  test('is taken whole up to the limit', async () => {
    const long = 'p'.repeat(maxPasswordBytes);
    await add(await hashPassword(new Secret(long)));
    expect(await signIn('viewer@example.com', long)).toMatchObject({ outcome: 'proven' });
    expect(await signIn('viewer@example.com', long.slice(1))).toMatchObject({ outcome: 'failed' });
    await expect(hashPassword(new Secret(`${long}p`))).rejects.toThrow(RangeError);
  });

  test('a first secret stops working when it expires, also the right one', async () => {
    await add(await hashPassword(new Secret(password)), now + 1_000);
    expect(await signIn('viewer@example.com', password)).toMatchObject({ outcome: 'first_secret' });
    now += 1_000;
    expect(await signIn('viewer@example.com', password)).toMatchObject({ reason: 'expired_password' });
  });

  test('a disabled person fails, and only with the right password is that the reason', async () => {
    await store.people.disable(id);
    expect(await signIn('viewer@example.com', password)).toMatchObject({
      outcome: 'failed',
      reason: 'disabled',
    });
    expect(await signIn('viewer@example.com', 'wrong')).toMatchObject({ reason: 'wrong_password' });
  });

  test('a stored hash of an unknown kind refuses instead of guessing', async () => {
    await add('$1$abc$def');
    await expect(signIn('viewer@example.com', password)).rejects.toThrow(TypeError);
  });
});

describe('a password of one’s own', () => {
  const own = new Secret('plums in the icebox 42');
  const subject = 'viewer@example.com';

  /** What a first secret, once proven, is named by. */
  async function versionOfFirstSecret(): Promise<string> {
    await add(await hashPassword(new Secret(password)), now + 1_000);
    const proven = await signIn(subject, password);
    if (proven.outcome !== 'first_secret') throw new Error(proven.outcome);
    return proven.version;
  }

  function prepare(proof: PasswordProof, wanted = own) {
    const { changes } = method();
    if (changes === undefined) throw new Error('this method keeps its passwords');
    return changes.prepare({ subject, proof, wanted });
  }

  test('replaces a first secret when it is applied, and not before', async () => {
    const prepared = await prepare({ kind: 'first_secret', version: await versionOfFirstSecret() });
    if (prepared.outcome !== 'ready') throw new Error(prepared.outcome);
    expect(prepared.principal.subject).toBe(subject);
    expect(await signIn(subject, password)).toMatchObject({ outcome: 'first_secret' });
    expect(await prepared.apply()).toBe('changed');
    now += 1_000;
    expect(await signIn(subject, own.reveal())).toMatchObject({ outcome: 'proven' });
    expect(await prepared.apply()).toBe('superseded');
  });

  test('is not taken for a first secret that expired, was replaced, or is of somebody disabled', async () => {
    const version = await versionOfFirstSecret();
    await store.people.disable(id);
    expect(await prepare({ kind: 'first_secret', version })).toMatchObject({ reason: 'disabled' });
    await store.people.enable(id);
    now += 1_000;
    expect(await prepare({ kind: 'first_secret', version })).toMatchObject({ reason: 'expired_password' });
    await add(await hashPassword(new Secret(password)), now + 1_000);
    expect(await prepare({ kind: 'first_secret', version })).toMatchObject({ reason: 'superseded' });
    await store.people.remove(id);
    expect(await prepare({ kind: 'first_secret', version })).toMatchObject({ reason: 'unknown' });
  });

  test('needs the current one, and a wrong one counts as a failed sign-in', async () => {
    const proof = { kind: 'current_password', remoteAddress: home } as const;
    const prepared = await prepare({ ...proof, password: new Secret(password) });
    expect(prepared.outcome === 'ready' && (await prepared.apply())).toBe('changed');
    expect(await prepare({ ...proof, password: new Secret('p'.repeat(1025)) })).toMatchObject({
      outcome: 'failed',
      reason: 'too_long',
    });
    await Promise.all(
      Array.from({ length: throttleLimits.perPerson }, () =>
        prepare({ ...proof, password: new Secret(password) }, new Secret('another plum in the box')),
      ),
    );
    expect(await signIn(subject, own.reveal())).toMatchObject({ outcome: 'throttled' });
  });

  test('is not the one from before, and is looked at before a try is spent', async () => {
    const proof = { kind: 'current_password', password: new Secret(password), remoteAddress: home } as const;
    expect(await prepare(proof, new Secret(password))).toEqual({ outcome: 'refused', fault: 'unchanged' });
    const wrong = { ...proof, password: new Secret('wrong') };
    for (let time = 0; time <= throttleLimits.perPerson; time += 1)
      expect(await prepare(wrong, new Secret('short'))).toEqual({ outcome: 'refused', fault: 'too_short' });
    expect(await prepare(proof)).toMatchObject({ outcome: 'ready' });
  });
});

describe('a bcrypt hash from elsewhere', () => {
  test('is accepted, and replaced by argon2id at the first success', async () => {
    await add(await bcryptHash(password, { cost: 4 }));
    expect(await signIn('viewer@example.com', 'wrong')).toMatchObject({ outcome: 'failed' });
    expect((await store.people.password(id))?.hash).toMatch(/^\$2b\$/);
    expect(await signIn('viewer@example.com', password)).toMatchObject({ outcome: 'proven' });
    expect((await store.people.password(id))?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await signIn('viewer@example.com', password)).toMatchObject({ outcome: 'proven' });
  });

  test('does not prove a password beyond what it covers', async () => {
    const covered = 'c'.repeat(72);
    await add(await bcryptHash(covered, { cost: 4 }));
    expect(await signIn('viewer@example.com', `${covered}anything`)).toMatchObject({ outcome: 'failed' });
    expect(await signIn('viewer@example.com', covered)).toMatchObject({ outcome: 'proven' });
  });

  test('never proves a password past a NUL, behind which bcrypt begins anew', async () => {
    await add(await bcryptHash(password, { cost: 4 }));
    expect(await signIn('viewer@example.com', `${password}\0${password}`)).toMatchObject({
      outcome: 'failed',
    });
    expect(await signIn('viewer@example.com', password)).toMatchObject({ outcome: 'proven' });
  });
});

describe('G17 a failure', () => {
  test.each([
    ['bcrypt', () => bcryptHash(password, { cost: 4 })],
    ['argon2id', () => hashPassword(new Secret(password))],
  ])('is held back to one time for all, with a hash of %s and with none', async (_, hash) => {
    await add(await hash());
    const waits = await Promise.all(
      ['viewer@example.com', 'nobody@example.com'].map(async (username) => {
        const startedAt = performance.now();
        await signIn(username, 'wrong');
        return performance.now() - startedAt;
      }),
    );
    // A timer may fire a millisecond early; how late it fires is not ours to say.
    for (const wait of waits) expect(wait).toBeGreaterThanOrEqual(498);
  });
});

describe('the throttle', () => {
  test('G15 five failures close the sign-in for the rest of the window, in every process and for every spelling', async () => {
    await fail(throttleLimits.perPerson);
    for (const username of ['viewer@example.com', ' Viewer@Example.com ', 'ｖiewer@example.com'])
      expect(await signIn(username, password)).toEqual({
        outcome: 'throttled',
        retryAfterMs: throttleLimits.windowMs,
      });
    now += throttleLimits.windowMs;
    expect(await signIn('viewer@example.com', password)).toMatchObject({ outcome: 'proven' });
  });

  test('G15 parallel guesses pass the count no further than guesses in turn', async () => {
    const guesser = method();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, guess) =>
        guesser.verify({
          username: 'viewer@example.com',
          password: new Secret(`guess ${guess}`),
          remoteAddress: home,
        }),
      ),
    );
    expect(outcomes.filter(({ outcome }) => outcome === 'failed')).toHaveLength(throttleLimits.perPerson);
    expect(outcomes.filter(({ outcome }) => outcome === 'throttled')).toHaveLength(15);
  });

  test('G17 an unknown person is throttled as a known one is', async () => {
    await fail(throttleLimits.perPerson, home, 'nobody@example.com');
    expect(await signIn('nobody@example.com', 'wrong')).toMatchObject({ outcome: 'throttled' });
  });

  test('a success clears the count of the person', async () => {
    await fail(throttleLimits.perPerson - 1);
    expect(await signIn('viewer@example.com', password)).toMatchObject({ outcome: 'proven' });
    await fail(throttleLimits.perPerson - 1);
    expect(await signIn('viewer@example.com', password)).toMatchObject({ outcome: 'proven' });
  });

  test('G15 a stranger cannot lock a person out of an address where they sign in', async () => {
    await signIn('viewer@example.com', password, home);
    await fail(throttleLimits.perPerson, '203.0.113.9');
    expect(await signIn('viewer@example.com', password, '198.51.100.7')).toMatchObject({
      outcome: 'throttled',
    });
    expect(await signIn('viewer@example.com', password, home)).toMatchObject({ outcome: 'proven' });
  });

  test('guesses from a familiar address are counted too', async () => {
    await signIn('viewer@example.com', password, home);
    await fail(throttleLimits.perPerson, home);
    expect(await signIn('viewer@example.com', password, home)).toMatchObject({ outcome: 'throttled' });
  });

  test.each([
    ['one address', () => '203.0.113.9', '203.0.113.9'],
    ['one /64', (n: number) => `2001:db8:0:1::${n.toString(16)}`, '2001:db8:0:1:ffff::1'],
    ['an address and its mapped form', () => '::ffff:203.0.113.9', '203.0.113.9'],
  ])('%s cannot go through many people', async (_, addressOf, probe) => {
    await failForMany(throttleLimits.perAddress, addressOf);
    expect(await signIn('viewer@example.com', password, probe)).toMatchObject({ outcome: 'throttled' });
    expect(await signIn('viewer@example.com', password, '2001:db8:0:2::1')).toMatchObject({
      outcome: 'proven',
    });
  });

  test('an account of one’s own does not wipe the count of the address', async () => {
    await failForMany(throttleLimits.perAddress / 2, () => home);
    expect(await signIn('viewer@example.com', password, home)).toMatchObject({ outcome: 'proven' });
    await failForMany(throttleLimits.perAddress / 2, () => home);
    expect(await signIn('viewer@example.com', password, home)).toMatchObject({ outcome: 'throttled' });
  });
});

describe('G18 200 sign-ins at once', () => {
  test('all succeed when they are right, a few at a time', async () => {
    const one = method();
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, () =>
        one.verify({
          username: 'viewer@example.com',
          password: new Secret(password),
          remoteAddress: home,
        }),
      ),
    );
    expect(outcomes.filter(({ outcome }) => outcome !== 'proven')).toEqual([]);
  });
});

test.each(['viewer@example.com', 'nobody@example.com'])(
  'a failure for %s takes three times as long as the slowest hash of the config',
  async (username) => {
    // By this clock each piece of work takes a second: the hash that is tried at the start, and the one of the sign-in.
    let looks = 0;
    const slow: Clock = { now: () => now, monotonic: () => looks++ * 1_000 };
    const { people, attempts } = store;
    const importedHashes = [await bcryptHash('one', { cost: 5 }), await hashPassword(new Secret('two'))];
    const local = localMethod({ name: 'local', people, attempts, clock: slow, importedHashes });
    const begun = performance.now();
    const failed = await local.verify({ username, password: new Secret('wrong'), remoteAddress: home });
    expect(failed.outcome).toBe('failed');
    // Of the three seconds one has passed by that clock; timers may be a millisecond early.
    expect(performance.now() - begun).toBeGreaterThanOrEqual(1_998);
  },
);

test.each([
  [['$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA'], 0],
  [[], 0],
  [[`$2b$04$${'a'.repeat(53)}`, `$2y$05$${'a'.repeat(53)}`], 1],
])('of the hashes %j the slowest from elsewhere is tried, if there is one', async (hashes, tries) => {
  let looks = 0;
  const counting: Clock = { now: () => now, monotonic: () => looks++ };
  expect(await slowestVerifierMs(hashes, counting)).toBe(tries);
});
