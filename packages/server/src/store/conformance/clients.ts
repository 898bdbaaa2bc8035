import { describe, expect, test } from 'vitest';
import { newId } from '../../core/index.ts';
import type { ConformanceContext } from './index.ts';

/** OAuth clients and the overlap of their secrets. */
export function clientsConformance({ store }: ConformanceContext): void {
  describe('clients', () => {
    const clients = () => store().clients;

    test('gives back a registration, and replaces it without touching secrets and disabled', async () => {
      const id = newId();
      await clients().put({ id, origin: 'config', metadata: { redirect_uris: ['https://a/cb'] } }, 1);
      await clients().addSecret(id, 's1', 100, 1);
      await clients().setDisabled(id, true);
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

    test('removes the secrets with the client', async () => {
      const id = newId();
      await clients().put({ id, origin: 'registration', metadata: {} }, 1);
      await clients().addSecret(id, 's', 100, 1);
      expect(await clients().remove(id)).toBe(true);
      expect(await clients().remove(id)).toBe(false);
      expect(await clients().setDisabled(id, true)).toBe(false);
      expect(await clients().get(id)).toBeUndefined();
      expect(await clients().secrets(id, 1)).toEqual([]);
    });
  });
}
