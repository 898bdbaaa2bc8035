import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clock } from '../core/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';
import { rateLimits, refuseExceeded } from './rate-limits.ts';

describe('rate limits', () => {
  let folder: string;
  let store: Store;
  const time = { now: 1_000_000 };
  const clock: Clock = { now: () => time.now, monotonic: () => time.now };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'grantway-limits-'));
    store = await openStore({ kind: 'sqlite', path: join(folder, 'test.db') }, clock);
  });
  afterAll(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  const gateway = (requests: number) =>
    rateLimits(() => ({ limits: { address: { requests, windowMs: 60_000 } } }), store.attempts, clock);
  const ask = async (limits: ReturnType<typeof gateway>, who: string, times: number) =>
    (await Promise.all(Array.from({ length: times }, () => limits.count('address', who)))).map(
      (allowance) => allowance?.outcome,
    );
  const admitted = (outcomes: readonly unknown[]) => outcomes.filter((one) => one === 'admitted').length;

  it.each([1, 2, 49, 50, 51, 137, 600])(
    'lets exactly %i parallel requests through, and no more',
    async (n) => {
      const limits = gateway(n);
      expect(admitted(await ask(limits, `exact ${n}`, n + 30))).toBe(n);
      expect(admitted(await ask(limits, `exact ${n}`, 5))).toBe(0);
    },
  );

  it('starts over when the window ended, which is told in advance', async () => {
    const limits = gateway(2);
    await ask(limits, 'again', 2);
    const exceeded = await limits.count('address', 'again');
    expect(exceeded).toMatchObject({ outcome: 'exceeded', remaining: 0, resetMs: 60_000 });
    time.now += 60_000;
    expect(await limits.count('address', 'again')).toMatchObject({ outcome: 'admitted', remaining: 1 });
  });

  it('never lets more than the rate through several gateways together, and little less', async () => {
    const gateways = [gateway(1_000), gateway(1_000), gateway(1_000)];
    const outcomes = await Promise.all(gateways.map((one) => ask(one, 'shared', 500)));
    const through = admitted(outcomes.flat());
    expect(through).toBeLessThanOrEqual(1_000);
    // A slice is 20 here; two gateways may be left with part of one.
    expect(through).toBeGreaterThanOrEqual(1_000 - 2 * 20);
  });

  it('keeps parties apart', async () => {
    const limits = gateway(1);
    expect(admitted(await ask(limits, 'one', 3))).toBe(1);
    expect(admitted(await ask(limits, 'other', 3))).toBe(1);
  });

  it('counts nobody where there is no limit', async () => {
    expect(await rateLimits(() => ({ limits: {} }), store.attempts, clock).count('person', 'x')).toBe(
      undefined,
    );
  });

  it('writes to the store once for many requests', async () => {
    let writes = 0;
    const counting: Store['attempts'] = {
      ...store.attempts,
      add: (...given) => {
        writes += 1;
        return store.attempts.add(...given);
      },
    };
    const limits = rateLimits(
      () => ({ limits: { address: { requests: 5_000, windowMs: 60_000 } } }),
      counting,
      clock,
    );
    await ask(limits, 'busy', 1_000);
    expect(writes).toBe(10);
  });

  it('are told in headers, with the wait when one is exceeded', async () => {
    const limits = gateway(1);
    const first = await limits.count('address', 'told');
    const second = await limits.count('address', 'told');
    if (first === undefined || second === undefined) throw new Error('there is a limit');
    expect(rateLimitHeaders([first])).toEqual({
      'ratelimit-policy': '"address";q=1;w=60',
      ratelimit: '"address";r=0;t=60',
    });
    expect(rateLimitHeaders([second])).toMatchObject({ 'retry-after': '60' });
    expect(() => refuseExceeded([first])).not.toThrow();
    expect(() => refuseExceeded([first, second])).toThrow(/Wait 60 seconds/);
    expect(rateLimitHeaders([])).toEqual({});
  });
});
