import { describe, expect, test } from 'vitest';
import { newId } from '../../core/index.ts';
import type { LiveSession } from '../aggregates/live-sessions.ts';
import type { ConformanceContext } from './conformance-context.ts';

/** What gateways publish of their live sessions. */
export function liveSessionsConformance({ store }: ConformanceContext): void {
  describe('live sessions', () => {
    const sessions = () => store().sessions;
    const session = (gatewayId: string, heartbeatAt = 1_000, personId = 'local:a'): LiveSession => ({
      id: newId(),
      gatewayId,
      personId,
      clientId: 'psql',
      consentId: newId(),
      database: 'authdb',
      role: 'readonly',
      remoteAddress: '127.0.0.1',
      startedAt: 500,
      heartbeatAt,
      cancelKeyHash: newId(),
    });
    const of = async (gatewayId: string) =>
      (await sessions().list()).filter((live) => live.gatewayId === gatewayId);

    test('publishes what was added and removed in one step', async () => {
      const gateway = newId();
      const [first, second] = [session(gateway), session(gateway)];
      await sessions().publish([first], []);
      expect(await of(gateway)).toEqual([first]);
      await sessions().publish([second], [first.id]);
      expect(await of(gateway)).toEqual([second]);
      await sessions().publish([], []);
      expect(await of(gateway)).toEqual([second]);
    });

    test('takes a session that is published again', async () => {
      const gateway = newId();
      const live = session(gateway);
      await sessions().publish([live], []);
      await sessions().publish([live], []);
      expect(await of(gateway)).toEqual([live]);
    });

    test('lists those of one person, or the one of an id', async () => {
      const [gateway, anna, bob] = [newId(), `local:${newId()}`, `local:${newId()}`];
      const [first, second] = [session(gateway, 1_000, anna), session(gateway, 1_000, anna)];
      const other = session(gateway, 1_000, bob);
      await sessions().publish([{ ...first, startedAt: 700 }, second, other], []);
      const idsOf = async (by: Parameters<ReturnType<typeof sessions>['list']>[0]) =>
        (await sessions().list(by)).map(({ id }) => id);
      expect(await idsOf({ personId: anna })).toEqual([second.id, first.id]);
      expect(await idsOf({ id: other.id })).toEqual([other.id]);
      expect(await idsOf({ personId: anna, id: other.id })).toEqual([]);
      expect(await idsOf({ personId: '' })).toEqual([]);
    });

    test('finds a session by the hash of its cancel key', async () => {
      const [one, other] = [session(newId()), session(newId())];
      await sessions().publish([one, other], []);
      expect(await sessions().byCancelKey(other.cancelKeyHash)).toEqual(other);
      expect(await sessions().byCancelKey(newId())).toBeUndefined();
    });

    test('takes 1,201 sessions at once', async () => {
      const gateway = newId();
      const many = Array.from({ length: 1_201 }, () => session(gateway));
      await sessions().publish(many, []);
      expect(await of(gateway)).toHaveLength(1_201);
      await sessions().publish(
        [],
        many.map(({ id }) => id),
      );
      expect(await of(gateway)).toEqual([]);
    });

    test('removes the sessions of gateways that went silent, and only theirs', async () => {
      const [alive, silent] = [newId(), newId()];
      await sessions().publish([session(alive), session(silent)], []);
      expect(await sessions().heartbeat(alive, 2_000)).toBe(1);
      await sessions().prune(1_500);
      expect(await of(alive)).toMatchObject([{ heartbeatAt: 2_000 }]);
      expect(await of(silent)).toEqual([]);
    });
  });
}
