import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Clock } from '../core/index.ts';
import { type LiveSession, openStore, type Store } from '../store/index.ts';
import { SessionPublisher } from './session-publisher.ts';

const hour = 3_600_000;
const session: LiveSession = {
  id: 's-1',
  gatewayId: 'here',
  personId: 'local:ada',
  clientId: 'c',
  consentId: 'g',
  database: 'authdb',
  role: 'readonly',
  remoteAddress: '127.0.0.1',
  startedAt: hour,
  heartbeatAt: hour,
  cancelKeyHash: 'k',
};

let folder: string;
let store: Store;
let problems: string[];
let wall: number;
let passed: number;
const clock: Clock = { now: () => wall, monotonic: () => passed };
let publisher: SessionPublisher;
beforeEach(async () => {
  [wall, passed, problems] = [hour, 0, []];
  folder = await mkdtemp(join(tmpdir(), 'grantway-publisher-'));
  store = await openStore({ kind: 'sqlite', path: join(folder, 'grantway.db') }, clock);
  const log = { problem: (message: string) => void problems.push(message), note() {}, refused() {} };
  publisher = new SessionPublisher(store.sessions, { list: () => [session] }, 'here', clock, log);
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  publisher.start();
});
afterEach(async () => {
  vi.useRealTimers();
  await store.close().catch(() => {});
  await rm(folder, { recursive: true, force: true });
});

/** What the others see after the gateway has looked so often. */
async function seenAfter(looks: number): Promise<readonly LiveSession[]> {
  const heartbeat = vi.spyOn(store.sessions, 'heartbeat');
  for (let look = 0; look < looks; look++) {
    vi.advanceTimersByTime(500);
    passed += 500;
  }
  await expect.poll(() => heartbeat.mock.settledResults.length).toBeGreaterThan(0);
  return await store.sessions.list();
}

describe('what a gateway says of its live sessions', () => {
  test('goes on after its clock was set back', async () => {
    expect(await seenAfter(1)).toMatchObject([{ id: 's-1', heartbeatAt: hour }]);
    wall = hour / 2;
    expect(await seenAfter(21)).toMatchObject([{ heartbeatAt: hour / 2 }]);
  });

  test('is said again after another gateway took it for dead', async () => {
    await seenAfter(1);
    await store.sessions.prune(2 * hour);
    expect(await store.sessions.list()).toEqual([]);
    await seenAfter(21);
    await expect.poll(() => store.sessions.list()).toMatchObject([{ id: 's-1' }]);
  });

  test('does not hold up the end of a gateway whose store is down', async () => {
    await seenAfter(1);
    await store.close();
    await publisher.stop();
    expect(problems).toContain('live sessions cannot be published');
  });
});
