import { describe, expect, test } from 'vitest';
import { hashSecret, newId } from '../../core/index.ts';
import type { ConformanceContext } from './conformance-context.ts';

const minute = 60_000;

/** Single use, expiry, look-ups and revocation of what the OAuth library keeps. */
export function artifactsConformance({ store, clock }: ConformanceContext): void {
  describe('artifacts', () => {
    const artifacts = () => store().artifacts;

    test('gives back what was saved, with the time of saving', async () => {
      const artifact = {
        model: 'AccessToken',
        idHash: newId(),
        payload: { scope: 'db:a', nested: { list: [1, 'two', null, true] }, text: 'nul \u0000 and ü' },
        expiresAt: clock.now() + minute,
        grantId: newId(),
        uidHash: newId(),
        userCodeHash: newId(),
        accountId: 'local:a',
        clientId: 'psql',
      };
      await artifacts().upsert(artifact);
      expect(await artifacts().find('AccessToken', artifact.idHash)).toEqual({
        ...artifact,
        createdAt: clock.now(),
      });
    });

    test('leaves out what was not given', async () => {
      const idHash = newId();
      await artifacts().upsert({ model: 'Session', idHash, payload: {} });
      expect(await artifacts().find('Session', idHash)).toEqual({
        model: 'Session',
        idHash,
        payload: {},
        createdAt: clock.now(),
      });
    });

    test('tells models apart that share an id', async () => {
      const idHash = newId();
      await artifacts().upsert({ model: 'Session', idHash, payload: { of: 'session' } });
      await artifacts().upsert({ model: 'Interaction', idHash, payload: { of: 'interaction' } });
      expect((await artifacts().find('Session', idHash))?.payload).toEqual({ of: 'session' });
      await artifacts().destroy('Session', idHash);
      expect(await artifacts().find('Session', idHash)).toBeUndefined();
      expect((await artifacts().find('Interaction', idHash))?.payload).toEqual({ of: 'interaction' });
    });

    test('finds by uid and by user code, within one model', async () => {
      const [idHash, uidHash, userCodeHash] = [newId(), newId(), newId()];
      await artifacts().upsert({ model: 'DeviceCode', idHash, payload: {}, uidHash, userCodeHash });
      expect((await artifacts().findByUid('DeviceCode', uidHash))?.idHash).toBe(idHash);
      expect((await artifacts().findByUserCode('DeviceCode', userCodeHash))?.idHash).toBe(idHash);
      expect(await artifacts().findByUid('Session', uidHash)).toBeUndefined();
      expect(await artifacts().findByUserCode('Session', userCodeHash)).toBeUndefined();
    });

    test('finds nothing from the moment of expiry on, whichever way it is asked', async () => {
      const [idHash, uidHash, userCodeHash, clientId] = [newId(), newId(), newId(), newId()];
      const expiresAt = clock.now() + minute;
      await artifacts().upsert({
        model: 'DeviceCode',
        idHash,
        payload: {},
        expiresAt,
        uidHash,
        userCodeHash,
        clientId,
      });
      clock.advance(minute - 1);
      expect(await artifacts().find('DeviceCode', idHash)).toBeDefined();
      clock.advance(1);
      expect(await artifacts().find('DeviceCode', idHash)).toBeUndefined();
      expect(await artifacts().findByUid('DeviceCode', uidHash)).toBeUndefined();
      expect(await artifacts().findByUserCode('DeviceCode', userCodeHash)).toBeUndefined();
      expect(await artifacts().list('DeviceCode', { clientId })).toEqual([]);
      expect(await artifacts().consume('DeviceCode', idHash, clock.now())).toBe('not_found');
    });

    test.each(['AuthorizationCode', 'RefreshToken', 'DeviceCode'])(
      'lets exactly one of 50 concurrent uses of one %s win',
      async (model) => {
        const idHash = newId();
        await artifacts().upsert({ model, idHash, payload: {}, expiresAt: clock.now() + minute });
        const outcomes = await Promise.all(
          Array.from({ length: 50 }, () => artifacts().consume(model, idHash, clock.now())),
        );
        expect(outcomes.filter((outcome) => outcome === 'consumed')).toHaveLength(1);
        expect(outcomes.filter((outcome) => outcome === 'already_consumed')).toHaveLength(49);
      },
    );

    test('keeps a used artifact findable with the time of its use, so that a replay is recognised', async () => {
      const idHash = newId();
      await artifacts().upsert({ model: 'RefreshToken', idHash, payload: {} });
      await artifacts().consume('RefreshToken', idHash, clock.now());
      expect((await artifacts().find('RefreshToken', idHash))?.consumedAt).toBe(clock.now());
    });

    test('leaves a used artifact used when it is saved again', async () => {
      const idHash = newId();
      await artifacts().upsert({ model: 'DeviceCode', idHash, payload: { approved: false } });
      await artifacts().consume('DeviceCode', idHash, clock.now());
      await artifacts().upsert({ model: 'DeviceCode', idHash, payload: { approved: true } });
      expect(await artifacts().consume('DeviceCode', idHash, clock.now())).toBe('already_consumed');
      expect((await artifacts().find('DeviceCode', idHash))?.payload).toEqual({ approved: true });
    });

    test('has no use for what was never there', async () => {
      expect(await artifacts().consume('AuthorizationCode', newId(), clock.now())).toBe('not_found');
    });

    test('revokes by grant whatever hangs on it and the grant itself, and nothing else', async () => {
      const [grantId, otherGrantId] = [newId(), newId()];
      const [token, refresh, other] = [newId(), newId(), newId()];
      await artifacts().upsert({ model: 'Grant', idHash: hashSecret(grantId), payload: {} });
      await artifacts().upsert({ model: 'AccessToken', idHash: token, payload: {}, grantId });
      await artifacts().upsert({ model: 'RefreshToken', idHash: refresh, payload: {}, grantId });
      await artifacts().upsert({ model: 'AccessToken', idHash: other, payload: {}, grantId: otherGrantId });
      await artifacts().revokeByGrant(grantId);
      expect(await artifacts().find('Grant', hashSecret(grantId))).toBeUndefined();
      expect(await artifacts().find('AccessToken', token)).toBeUndefined();
      expect(await artifacts().find('RefreshToken', refresh)).toBeUndefined();
      expect(await artifacts().find('AccessToken', other)).toBeDefined();
    });

    test('lists the live ones of a model by person, client and grant, newest first', async () => {
      const [accountId, clientId, grantId] = [newId(), newId(), newId()];
      const [older, newer, used, foreign] = [newId(), newId(), newId(), newId()];
      await artifacts().upsert({ model: 'Grant', idHash: older, payload: {}, accountId, clientId });
      clock.advance(1);
      await artifacts().upsert({ model: 'Grant', idHash: newer, payload: {}, accountId, grantId });
      await artifacts().upsert({ model: 'Grant', idHash: used, payload: {}, accountId });
      await artifacts().consume('Grant', used, clock.now());
      await artifacts().upsert({ model: 'Session', idHash: foreign, payload: {}, accountId });
      const ids = async (by: Parameters<ReturnType<typeof artifacts>['list']>[1]) =>
        (await artifacts().list('Grant', by)).map(({ idHash }) => idHash);
      expect(await ids({ accountId })).toEqual([newer, older]);
      expect(await ids({ accountId, clientId })).toEqual([older]);
      expect(await ids({ grantId })).toEqual([newer]);
      expect(await ids({ accountId: newId() })).toEqual([]);
    });

    test('prunes what expired, and spares the rest', async () => {
      const clientId = newId();
      const expired = clock.now() + 1;
      const save = (expiresAt: number) =>
        artifacts().upsert({ model: 'Interaction', idHash: newId(), payload: {}, clientId, expiresAt });
      await save(expired);
      await save(expired);
      await save(expired + minute);
      clock.advance(2);
      expect(await artifacts().prune(clock.now())).toBeGreaterThanOrEqual(2);
      expect(await artifacts().prune(clock.now())).toBe(0);
      expect(await artifacts().list('Interaction', { clientId })).toHaveLength(1);
    });
  });
}
