import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { newId } from '../../core/index.ts';
import type { ConformanceContext } from './conformance-context.ts';

/** Enough for three statements. */
const rows = 1_001;
/** Far before what other tests write. */
const longAgo = -1_000_000;

/** Clearing out many rows, whatever they are of. */
export function pruningConformance({ store }: ConformanceContext): void {
  const tables: Readonly<
    Record<string, { fill(index: number): Promise<unknown>; prune(): Promise<unknown> }>
  > = {
    artifacts: {
      fill: () =>
        store().artifacts.upsert({ model: 'Interaction', idHash: newId(), payload: {}, expiresAt: longAgo }),
      prune: () => store().artifacts.prune(longAgo + 1),
    },
    attempts: {
      fill: () => store().attempts.add(newId(), 0, longAgo),
      prune: () => store().attempts.prune(longAgo + 1),
    },
    revocations: {
      fill: () => store().revocations.append({ kind: 'token', subject: newId(), reason: 'old' }, longAgo),
      prune: () => store().revocations.prune(longAgo + 1),
    },
    'uses of clients': {
      fill: () => store().activity.used({ clientId: newId(), personId: newId() }, longAgo),
      prune: () => store().activity.prune(longAgo + 1),
    },
    'errors of clients': {
      fill: () => store().activity.failed({ clientId: newId(), error: 'e', sentence: 's' }, longAgo),
      prune: () => store().activity.prune(longAgo + 1),
    },
    'live sessions': {
      fill: (index) =>
        store().sessions.publish(
          [
            {
              id: newId(),
              gatewayId: 'gone',
              personId: `local:${index}`,
              clientId: 'c',
              consentId: 'g',
              database: 'd',
              role: 'r',
              remoteAddress: '127.0.0.1',
              startedAt: longAgo,
              heartbeatAt: longAgo,
              cancelKeyHash: newId(),
            },
          ],
          [],
        ),
      prune: () => store().sessions.prune(longAgo + 1),
    },
  };

  describe('pruning', () => {
    test.each(Object.entries(tables))(
      'of many %s lets others have their turn',
      async (_, { fill, prune }) => {
        for (let index = 0; index < rows; index++) await fill(index);
        let turns = 0;
        let pruning = true;
        const others = (async () => {
          while (pruning) {
            await nextTurn();
            turns += 1;
          }
        })();
        expect([rows, undefined]).toContain(await prune());
        pruning = false;
        expect(turns).toBeGreaterThanOrEqual(2);
        await others;
        expect([0, undefined]).toContain(await prune());
      },
    );
  });
}
