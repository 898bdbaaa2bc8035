import { describe, expect, test } from 'vitest';
import { newId } from '../../core/index.ts';
import { keyKind } from '../aggregates/sealed-records.ts';
import type { ConformanceContext } from './conformance-context.ts';

/** Compare-and-swap of ciphertexts, and their tie to the key that seals them. */
export function sealedRecordsConformance({ store }: ConformanceContext): void {
  describe('sealed records', () => {
    const sealed = () => store().sealed;
    const revisionOf = async (kind: string, id: string) => (await sealed().get(kind, id))?.revision ?? 0;
    const addKey = async () => {
      const id = newId();
      await sealed().put({ kind: keyKind, id, envelope: 'wrapped' }, 0);
      return id;
    };

    test('gives back what was written, and its revision grows by one with each write', async () => {
      const [kind, id, keyId] = [newId(), newId(), await addKey()];
      expect(await sealed().put({ kind, id, envelope: 'one', keyId }, 0)).toBe(true);
      const first = await revisionOf(kind, id);
      expect(await sealed().get(kind, id)).toEqual({ kind, id, envelope: 'one', keyId, revision: first });
      expect(await sealed().put({ kind, id, envelope: 'two', keyId }, first)).toBe(true);
      expect(await sealed().list(kind)).toEqual([{ kind, id, envelope: 'two', keyId, revision: first + 1 }]);
    });

    test('refuses a write that expected another revision', async () => {
      const [kind, id] = [newId(), newId()];
      expect(await sealed().put({ kind, id, envelope: 'x' }, 7)).toBe(false);
      await sealed().put({ kind, id, envelope: 'one' }, 0);
      expect(await sealed().put({ kind, id, envelope: 'two' }, 0)).toBe(false);
      expect(await sealed().put({ kind, id, envelope: 'two' }, (await revisionOf(kind, id)) + 1)).toBe(false);
      expect((await sealed().get(kind, id))?.envelope).toBe('one');
    });

    test('lets one of 50 concurrent writers win', async () => {
      const [kind, id] = [newId(), newId()];
      const wins = async (expected: number) =>
        (
          await Promise.all(
            Array.from({ length: 50 }, (_, writer) =>
              sealed().put({ kind, id, envelope: `by ${writer}` }, expected),
            ),
          )
        ).filter((won) => won);
      expect(await wins(0)).toHaveLength(1);
      expect(await wins(await revisionOf(kind, id))).toHaveLength(1);
    });

    test('does not take a record that was made anew for the one that was removed', async () => {
      const [kind, id] = [newId(), newId()];
      await sealed().put({ kind, id, envelope: 'old' }, 0);
      const stale = await revisionOf(kind, id);
      await sealed().remove(kind, id);
      await sealed().put({ kind, id, envelope: 'new' }, 0);
      expect(await sealed().put({ kind, id, envelope: 'old again' }, stale)).toBe(false);
    });

    test('refuses a record under a key that is gone', async () => {
      const [kind, id, keyId] = [newId(), newId(), await addKey()];
      expect(await sealed().put({ kind, id, envelope: 'x', keyId: newId() }, 0)).toBe(false);
      await sealed().put({ kind, id, envelope: 'x', keyId }, 0);
      expect(
        await sealed().put({ kind, id, envelope: 'y', keyId: newId() }, await revisionOf(kind, id)),
      ).toBe(false);
      expect((await sealed().get(kind, id))?.envelope).toBe('x');
    });

    test('keeps a key as long as a record is under it', async () => {
      const [kind, id, keyId] = [newId(), newId(), await addKey()];
      await sealed().put({ kind, id, envelope: 'x', keyId }, 0);
      expect(await sealed().underKey(keyId)).toMatchObject([{ kind, id }]);
      expect(await sealed().remove(keyKind, keyId)).toBe('in_use');
      expect(await sealed().get(keyKind, keyId)).toBeDefined();
      expect(await sealed().remove(kind, id)).toBe('removed');
      expect(await sealed().underKey(keyId)).toEqual([]);
      expect(await sealed().remove(keyKind, keyId)).toBe('removed');
      expect(await sealed().get(keyKind, keyId)).toBeUndefined();
    });

    test('never ends with a record whose key is gone, however writing and retiring meet', async () => {
      for (let round = 0; round < 20; round++) {
        const [kind, id, keyId] = [newId(), newId(), await addKey()];
        const [written, removed] = await Promise.all([
          sealed().put({ kind, id, envelope: 'x', keyId }, 0),
          sealed().remove(keyKind, keyId),
        ]);
        expect(written).toBe(removed === 'in_use');
        expect((await sealed().get(keyKind, keyId)) !== undefined).toBe(written);
      }
    });
  });
}
