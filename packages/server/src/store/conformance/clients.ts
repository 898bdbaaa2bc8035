import { describe, expect, test } from 'vitest';
import { newId } from '../../core/index.ts';
import type { RegisteredClient } from '../aggregates/clients.ts';
import type { ConformanceContext } from './conformance-context.ts';

/** OAuth clients and the overlap of their secrets. */
export function clientsConformance({ clock, store }: ConformanceContext): void {
  describe('clients', () => {
    const clients = () => store().clients;

    test('gives back a registration, and replaces it without touching secrets and disabled', async () => {
      const id = newId();
      await clients().put({ id, origin: 'config', metadata: { redirect_uris: ['https://a/cb'] } }, 1);
      await clients().addSecret(id, 's1', 100, 1);
      await clients().disable(id);
      await clients().put({ id, origin: 'command', metadata: { client_name: 'B' } }, 2);
      expect(await clients().get(id)).toEqual({
        id,
        origin: 'command',
        metadata: { client_name: 'B' },
        disabled: true,
        createdAt: 1,
      });
      expect(await clients().secrets(id, 50)).toEqual(['s1']);
      expect((await clients().list()).map((client) => client.id)).toContain(id);
    });

    test('puts one that waits for approval together with that, and leaves one waiting or approved as it is', async () => {
      const { applications } = store();
      const id = newId();
      await clients().putWaiting({ id, origin: 'document', metadata: { client_name: 'A' } }, 1);
      expect(await clients().get(id)).toMatchObject({ origin: 'document', metadata: { client_name: 'A' } });
      expect(await applications.get(id)).toEqual({ clientId: id, state: 'waiting' });
      const approved = { clientId: id, state: 'approved', decidedBy: 'local:root' } as const;
      await applications.put(approved);
      await clients().putWaiting({ id, origin: 'document', metadata: { client_name: 'B' } }, 2);
      expect(await clients().get(id)).toMatchObject({ metadata: { client_name: 'B' }, createdAt: 1 });
      expect(await applications.get(id)).toEqual(approved);
    });

    test('lets the old secret live through the overlap, and no longer', async () => {
      const id = newId();
      await clients().put({ id, origin: 'command', metadata: {} }, 1);
      await clients().addSecret(id, 'old', 0, 1);
      await clients().addSecret(id, 'new', 100, 2);
      expect(await clients().secrets(id, 99)).toEqual(['new', 'old']);
      expect(await clients().secrets(id, 100)).toEqual(['new']);
    });

    test('leaves one secret of many that are made at the same moment without an overlap', async () => {
      const id = newId();
      await clients().put({ id, origin: 'command', metadata: {} }, 1);
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => clients().addSecret(id, `secret ${index}`, 2, 2)),
      );
      expect(await clients().secrets(id, 3)).toHaveLength(1);
    });

    test('never prolongs a secret that is already to end', async () => {
      const id = newId();
      await clients().put({ id, origin: 'command', metadata: {} }, 1);
      await clients().addSecret(id, 'first', 0, 1);
      await clients().addSecret(id, 'second', 100, 2);
      await clients().addSecret(id, 'third', 1_000, 3);
      expect(await clients().secrets(id, 99)).toEqual(['third', 'second', 'first']);
      expect(await clients().secrets(id, 100)).toEqual(['third', 'second']);
    });

    test('takes the same secret again, as a restart with an unchanged config gives it', async () => {
      const id = newId();
      await clients().put({ id, origin: 'config', metadata: {} }, 1);
      await clients().addSecret(id, 'same', 10, 1);
      await clients().addSecret(id, 'same', 20, 2);
      expect(await clients().secrets(id, 1_000)).toEqual(['same']);
    });

    test('refuses a secret for a client that does not exist', async () => {
      await expect(clients().addSecret(newId(), 's', 1, 1)).rejects.toThrow();
    });

    test('removes those that registered themselves and nobody uses, and no others', async () => {
      const { applications, artifacts, activity } = store();
      const now = clock.now();
      const make = async (origin: RegisteredClient['origin'], at = 10) => {
        const id = newId();
        await clients().put({ id, origin, metadata: {} }, at);
        return id;
      };
      const grant = (clientId: string, expiresAt: number) =>
        artifacts.upsert({ model: 'Grant', idHash: newId(), payload: {}, clientId, expiresAt });
      const before = await clients().countUnused(now);

      const never = await make('registration');
      const document = await make('document');
      const waiting = await make('registration');
      await applications.put({ clientId: waiting, state: 'waiting' });
      const outlived = await make('registration');
      await grant(outlived, now - 1);
      const kept = {
        young: await make('registration', 1_000),
        letIn: await make('registration'),
        used: await make('registration'),
        approved: await make('registration'),
        disabled: await make('registration'),
        byCommand: await make('command'),
        byConfig: await make('config'),
        builtin: await make('builtin'),
        byPage: await make('page'),
      };
      await grant(kept.letIn, now + 1_000);
      await activity.used({ clientId: kept.used, personId: 'local:ann' }, 20);
      await applications.put({ clientId: kept.approved, state: 'approved', decidedBy: 'local:root' });
      await clients().disable(kept.disabled);

      expect(await clients().countUnused(now)).toBe(before + 5);
      const mine = [never, document, waiting, outlived, ...Object.values(kept)];
      const removed = (await clients().removeUnused(1_000, now)).filter(({ id }) => mine.includes(id));
      expect(removed.map(({ id }) => id).sort()).toEqual([never, document, waiting, outlived].sort());
      expect(removed).toContainEqual({ id: never, createdAt: 10 });
      for (const id of Object.values(kept)) expect(await clients().get(id)).toBeDefined();
      expect(await applications.get(waiting)).toBeUndefined();
    });

    test('removes a hundred at once, and each for one of several that ask', async () => {
      const ids = Array.from({ length: 150 }, () => newId());
      for (const id of ids) await clients().put({ id, origin: 'registration', metadata: {} }, 1);
      const removed: string[] = [];
      const remove = async () => {
        for (;;) {
          const some = await clients().removeUnused(2, clock.now());
          expect(some.length).toBeLessThanOrEqual(100);
          if (some.length === 0) return;
          removed.push(...some.map(({ id }) => id));
        }
      };
      await Promise.all([remove(), remove()]);
      expect(removed.filter((id) => ids.includes(id)).sort()).toEqual(ids.sort());
    });

    test('removes the secrets with the client', async () => {
      const id = newId();
      await clients().put({ id, origin: 'registration', metadata: {} }, 1);
      await clients().addSecret(id, 's', 100, 1);
      expect(await clients().remove(id)).toBe(true);
      expect(await clients().remove(id)).toBe(false);
      expect(await clients().disable(id)).toBe(false);
      expect(await clients().get(id)).toBeUndefined();
      expect(await clients().secrets(id, 1)).toEqual([]);
    });
  });
}
