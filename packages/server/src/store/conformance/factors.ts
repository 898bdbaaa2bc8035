import { describe, expect, test } from 'vitest';
import { newId } from '../../core/index.ts';
import type { ConformanceContext } from './conformance-context.ts';

/** Second factors and recovery codes. */
export function factorsConformance({ store }: ConformanceContext): void {
  describe('second factors', () => {
    const factors = () => store().factors;
    const somebody = async () => {
      const id = `local:${newId()}`;
      await store().people.put({ id, displayName: id, groups: [], claims: {} }, 1);
      return id;
    };
    const app = (personId: string) =>
      ({ id: newId(), personId, kind: 'totp', label: 'Phone', step: 0 }) as const;

    test('are listed in the order in which they came, and found by their credential', async () => {
      const personId = await somebody();
      const phone = app(personId);
      const passkey = { credentialId: newId(), publicKey: 'cHVibGlj' };
      const key = { id: newId(), personId, kind: 'passkey', label: 'Key', step: 7, passkey } as const;
      await factors().add(phone, 10);
      await factors().add(key, 20);
      await factors().add({ ...key, label: 'Again' }, 21);
      expect(await factors().list(personId)).toMatchObject([phone, key]);
      expect(await factors().byCredential(passkey.credentialId)).toMatchObject(key);
      expect(await factors().byCredential(newId())).toBeUndefined();
      await factors().used(key.id, 8, 30);
      expect(await factors().byCredential(passkey.credentialId)).toMatchObject({ step: 8, lastUsedAt: 30 });
    });

    test('a step of an app is taken by one of any number of callers, and none before it afterwards', async () => {
      const factor = app(await somebody());
      await factors().add(factor, 10);
      const taken = await Promise.all(Array.from({ length: 50 }, () => factors().takeStep(factor.id, 5, 20)));
      expect(taken.filter(Boolean)).toHaveLength(1);
      expect(await factors().takeStep(factor.id, 4, 21)).toBe(false);
      expect(await factors().takeStep(factor.id, 6, 22)).toBe(true);
    });

    test('a recovery code is used up by one of any number of callers', async () => {
      const personId = await somebody();
      const [first, second] = [newId(), newId()];
      await factors().setRecoveryCodes(personId, [newId()]);
      await factors().setRecoveryCodes(personId, [first, second]);
      expect(await factors().recoveryCodesLeft(personId)).toBe(2);
      const used = await Promise.all(
        Array.from({ length: 50 }, () => factors().useRecoveryCode(personId, first)),
      );
      expect(used.filter(Boolean)).toHaveLength(1);
      expect(await factors().useRecoveryCode(await somebody(), second)).toBe(false);
      expect(await factors().recoveryCodesLeft(personId)).toBe(1);
    });

    test('are removed by their person alone, and the codes go with the last one', async () => {
      const personId = await somebody();
      const [one, two] = [app(personId), app(personId)];
      for (const factor of [one, two]) await factors().add(factor, 10);
      await factors().setRecoveryCodes(personId, [newId()]);
      expect(await factors().remove(await somebody(), one.id)).toBe(false);
      expect(await factors().remove(personId, one.id)).toBe(true);
      expect(await factors().recoveryCodesLeft(personId)).toBe(1);
      expect(await factors().remove(personId, two.id)).toBe(true);
      expect(await factors().recoveryCodesLeft(personId)).toBe(0);
    });

    test('leave no codes behind when the last two are removed at the same moment', async () => {
      for (let round = 0; round < 20; round++) {
        const personId = await somebody();
        const both = [app(personId), app(personId)];
        for (const factor of both) await factors().add(factor, 10);
        await factors().setRecoveryCodes(personId, [newId()]);
        await Promise.all(both.map(({ id }) => factors().remove(personId, id)));
        expect(await factors().recoveryCodesLeft(personId)).toBe(0);
      }
    });

    test('have one set of codes of several that are made at the same moment', async () => {
      const personId = await somebody();
      await Promise.all(
        Array.from({ length: 20 }, () => factors().setRecoveryCodes(personId, [newId(), newId()])),
      );
      expect(await factors().recoveryCodesLeft(personId)).toBe(2);
    });

    test('go with their person', async () => {
      const personId = await somebody();
      await factors().add(app(personId), 10);
      await factors().setRecoveryCodes(personId, [newId()]);
      await store().people.remove(personId);
      expect(await factors().list(personId)).toEqual([]);
      expect(await factors().recoveryCodesLeft(personId)).toBe(0);
    });

    test('leave what was sealed under their ids to be found, by its kind', async () => {
      const personId = await somebody();
      const [kept, gone] = [app(await somebody()), app(personId)];
      const kind = `kind ${newId()}`;
      for (const factor of [kept, gone]) {
        await factors().add(factor, 10);
        await store().sealed.put({ kind, id: factor.id, envelope: 'sealed' }, 0);
      }
      expect(await factors().keysWithoutFactor(kind)).toEqual([]);
      await store().people.remove(personId);
      expect(await factors().keysWithoutFactor(kind)).toEqual([gone.id]);
      expect(await factors().keysWithoutFactor(`kind ${newId()}`)).toEqual([]);
    });
  });
}
