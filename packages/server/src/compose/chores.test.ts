import { once } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Secret } from '../core/index.ts';
import { secondFactors } from '../identity/index.ts';
import { startTestBed, type TestBed } from '../oauth/testing/index.ts';
import { startChores } from './chores.ts';

const hour = 3_600_000;
const ann = 'local:ann';

let bed: TestBed;
let problems: string[];
beforeEach(async () => {
  problems = [];
  const tokens = { accessMs: hour, refreshMs: 720 * hour, browserSessionMs: 12 * hour };
  bed = await startTestBed({ tokens: { ...tokens, signingKeyMs: 3 * hour, signingKeyNoticeMs: hour } });
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await bed[Symbol.asyncDispose]();
});

function start() {
  const log = { problem: (message: string) => void problems.push(message) };
  return startChores({ ...bed.parts, log, authorizationServer: bed.server, tendManagedLogins });
}

const tendManagedLogins = async () => {};

const announced = () =>
  bed.events.filter((event) => 'action' in event && event.action === 'signing_key_announced');

test('the next key for ID tokens is announced in time also at a gateway that nobody asks anything', async () => {
  const chores = start();
  expect(announced()).toHaveLength(1);
  bed.time.now = Date.now() + 2 * hour + 1_000;
  // What a process knows of the keys is good for a second of the machine's clock.
  await expect
    .poll(
      () => {
        vi.advanceTimersByTime(60_000);
        return announced();
      },
      { timeout: 20_000, interval: 100 },
    )
    .toHaveLength(2);
  await chores.stop();
  expect(problems).toEqual([]);
});

test('nothing runs any more once the chores are stopped', async () => {
  const chores = start();
  await chores.stop();
  expect(vi.getTimerCount()).toBe(0);
});

test('a look at managed logins that is under way when the chores are stopped is told to end', async () => {
  const looks: AbortSignal[] = [];
  const chores = startChores({
    ...bed.parts,
    log: { problem: (message) => void problems.push(message) },
    authorizationServer: bed.server,
    tendManagedLogins: async (signal) => {
      looks.push(signal);
      await once(signal, 'abort');
    },
  });
  vi.advanceTimersByTime(60_000);
  expect(looks).toHaveLength(1);
  await chores.stop();
});

test('a chore that fails is told to the operator and tried again', async () => {
  const chores = startChores({
    ...bed.parts,
    log: { problem: (message) => void problems.push(message) },
    authorizationServer: { tendSigningKeys: () => Promise.reject(new Error('the store is down')) },
    tendManagedLogins,
  });
  for (const times of [1, 2]) {
    vi.advanceTimersByTime(60_000);
    await expect.poll(() => problems, { timeout: 20_000 }).toHaveLength(times);
  }
  await chores.stop();
  expect(problems[0]).toBe('the keys that sign ID tokens could not be looked after');
});

test('the key of an authenticator app goes with its person, the others stay, and so does one that is being set up', async () => {
  const { store, vault, clock } = bed.parts;
  const factors = secondFactors({ store, secrets: vault, clock });
  const key = new Secret('JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP');
  for (const id of [ann, 'local:bob']) {
    await store.people.put({ id, displayName: id, groups: [], claims: {} }, clock.now());
    await factors.addApp(id, 'Authenticator app', key, 1);
  }
  const kept = async () => (await store.sealed.list('totp')).length;
  await store.people.remove(ann);
  const chores = start();
  const looks = vi.spyOn(store.factors, 'keysWithoutFactor');
  vi.advanceTimersByTime(hour);
  await expect.poll(() => looks.mock.settledResults.length, { timeout: 20_000 }).toBe(1);
  expect(await kept()).toBe(2);
  // Sealed, and its factor not made yet.
  await vault.put('totp', 'in the making', key);
  await expect
    .poll(
      async () => {
        if (looks.mock.settledResults.length < 2) vi.advanceTimersByTime(hour);
        return [looks.mock.settledResults.length, await kept()];
      },
      { timeout: 20_000 },
    )
    .toEqual([2, 2]);
  expect(await vault.open('totp', 'in the making')).toBeDefined();
  await chores.stop();
  expect(problems).toEqual([]);
});
