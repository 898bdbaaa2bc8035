import { describe, expect, test } from 'vitest';
import { newId } from '../../core/index.ts';
import type { ConformanceContext } from './conformance-context.ts';

/** The log by which gateways end sessions: no follower may miss an entry. */
export function revocationsConformance({ store }: ConformanceContext): void {
  describe('revocations', () => {
    const revocations = () => store().revocations;

    test('numbers entries in order and gives those after a number', async () => {
      const before = await revocations().head();
      const [one, two] = [newId(), newId()];
      expect(await revocations().append({ kind: 'token', subject: one, reason: 'it was revoked' }, 1)).toBe(
        before + 1,
      );
      expect(await revocations().append({ kind: 'person', subject: two, reason: 'you left' }, 2)).toBe(
        before + 2,
      );
      expect(await revocations().head()).toBe(before + 2);
      expect(await revocations().since(before)).toEqual([
        { sequence: before + 1, kind: 'token', subject: one, reason: 'it was revoked' },
        { sequence: before + 2, kind: 'person', subject: two, reason: 'you left' },
      ]);
      expect(await revocations().since(before + 2)).toEqual([]);
    });

    test('forgets what is old, and goes on counting', async () => {
      const before = await revocations().append({ kind: 'token', subject: newId(), reason: 'old' }, 1_000);
      const kept = { kind: 'token', subject: newId(), reason: 'new' } as const;
      await revocations().append(kept, 5_000);
      expect(await revocations().prune(5_000)).toBeGreaterThanOrEqual(1);
      expect(await revocations().since(before - 1)).toEqual([{ ...kept, sequence: before + 1 }]);
      expect(await revocations().append(kept, 6_000)).toBe(before + 2);
      expect(await revocations().prune(0)).toBe(0);
    });

    test('shows every one of 200 concurrent entries to somebody who follows the numbers', async () => {
      let seen = await revocations().head();
      const subjects = Array.from({ length: 200 }, () => newId());
      const followed: string[] = [];
      const follow = async () => {
        for (const entry of await revocations().since(seen)) {
          seen = entry.sequence;
          followed.push(entry.subject);
        }
      };
      let appending = true;
      const appended = Promise.all(
        subjects.map((subject) => revocations().append({ kind: 'session', subject, reason: 'test' }, 1)),
      ).finally(() => {
        appending = false;
      });
      while (appending) await follow();
      await appended;
      await follow();
      expect(followed.toSorted()).toEqual(subjects.toSorted());
    });
  });
}
