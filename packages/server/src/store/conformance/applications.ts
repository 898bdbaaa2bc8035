import { describe, expect, test } from 'vitest';
import { newId } from '../../core/index.ts';
import type { ConformanceContext } from './conformance-context.ts';

/** Whose clients are, what they did, and what went wrong for them. */
export function applicationsConformance({ store }: ConformanceContext): void {
  describe('applications', () => {
    test('are found by their client, owner and state, and go with the client', async () => {
      const [clientId, owner] = [newId(), newId()];
      await store().clients.put({ id: clientId, origin: 'page', metadata: {} }, 1);
      await store().applications.put({ clientId, owner, state: 'waiting', logo: 'data:image/png;base64,AA' });
      expect(await store().applications.get(clientId)).toEqual({
        clientId,
        owner,
        state: 'waiting',
        logo: 'data:image/png;base64,AA',
      });
      const approved = { clientId, owner, state: 'approved', decidedBy: 'local:admin' } as const;
      await store().applications.put(approved);
      expect(await store().applications.list({ owner })).toEqual([approved]);
      expect(await store().applications.list({ owner, state: 'waiting' })).toEqual([]);
      await store().clients.remove(clientId);
      expect(await store().applications.get(clientId)).toBe(undefined);
    });

    test('cannot be without a client', async () => {
      await expect(
        store().applications.put({ clientId: newId(), owner: 'x', state: 'waiting' }),
      ).rejects.toThrow();
    });
  });

  describe('the activity of clients', () => {
    test('is one row for each person, with the last use', async () => {
      const [clientId, ann, bob] = [newId(), newId(), newId()];
      await store().activity.used({ clientId, personId: ann, database: 'a', role: 'r' }, 10);
      await store().activity.used({ clientId, personId: bob }, 20);
      await store().activity.used({ clientId, personId: ann, database: 'b', role: 'w' }, 30);
      const ofAnn = { clientId, personId: ann, times: 2, firstAt: 10, lastAt: 30, database: 'b', role: 'w' };
      expect(await store().activity.uses({ clientId })).toEqual([
        ofAnn,
        { clientId, personId: bob, times: 1, firstAt: 20, lastAt: 20 },
      ]);
      expect(await store().activity.uses({ personId: ann })).toEqual([ofAnn]);
    });

    test('loses none of 20 concurrent uses', async () => {
      const use = { clientId: newId(), personId: newId() };
      await Promise.all(Array.from({ length: 20 }, () => store().activity.used(use, 1)));
      expect(await store().activity.uses({ clientId: use.clientId })).toMatchObject([{ times: 20 }]);
    });

    test('keeps the newest 20 errors of a client, each sentence once', async () => {
      const clientId = newId();
      await store().activity.failed({ clientId, error: 'e', sentence: 'first' }, 1);
      await store().activity.failed({ clientId, error: 'e', sentence: 'first' }, 2);
      expect(await store().activity.errors(clientId)).toEqual([
        { error: 'e', sentence: 'first', times: 2, lastAt: 2 },
      ]);
      for (let at = 3; at < 25; at++)
        await store().activity.failed({ clientId, error: 'e', sentence: `number ${at}` }, at);
      const kept = await store().activity.errors(clientId);
      expect(kept).toHaveLength(20);
      expect(kept[0]).toEqual({ error: 'e', sentence: 'number 24', times: 1, lastAt: 24 });
    });

    test('prunes what is too old', async () => {
      const use = { clientId: newId(), personId: newId() };
      await store().activity.used(use, -10);
      await store().activity.failed({ clientId: use.clientId, error: 'e', sentence: 's' }, -10);
      await store().activity.prune(-5);
      expect(await store().activity.uses({ clientId: use.clientId })).toEqual([]);
      expect(await store().activity.errors(use.clientId)).toEqual([]);
    });
  });
}
