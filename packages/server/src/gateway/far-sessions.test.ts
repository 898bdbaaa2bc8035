import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashSecret, mintPermit, type Permit, systemClock } from '../core/index.ts';
import { sampleDatabase, sampleRole } from '../core/testing/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { FarSessions } from './far-sessions.ts';

let folder: string;
let store: Store;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-far-'));
  store = await openStore({ kind: 'sqlite', path: join(folder, 'test.db') }, systemClock);
  const session = {
    personId: 'local:ada',
    clientId: 'psql',
    consentId: 'consent',
    database: 'authdb',
    role: 'readonly',
    remoteAddress: '127.0.0.1',
    startedAt: 1,
    heartbeatAt: 1,
  };
  await store.sessions.publish(
    [
      { ...session, id: 'far-session', gatewayId: 'far', cancelKeyHash: hashSecret('far-key') },
      { ...session, id: 'near-session', gatewayId: 'near', cancelKeyHash: hashSecret('near-key') },
    ],
    [],
  );
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const problems: unknown[] = [];
const near = (of: Pick<Store, 'sessions' | 'revocations'> = store) =>
  new FarSessions(of, 'near', systemClock, {
    problem: (_, thrown) => void problems.push(thrown),
    note: () => undefined,
    refused: () => undefined,
  });
const asked = async () => (await store.revocations.since(0)).map(({ kind, subject }) => `${kind} ${subject}`);

function permitOf(subject: string, clientId = 'psql'): Permit {
  return mintPermit({
    principal: { method: 'local', subject, displayName: subject, groups: [], claims: {} },
    database: sampleDatabase(),
    role: sampleRole(),
    clientId,
    consentId: 'consent',
    tokenHash: 'token',
    endsAt: Date.now() + 60_000,
  });
}

describe('a session that another gateway has', () => {
  it.each([
    ['a key that nobody has', permitOf('ada'), 'no-key'],
    ['a session of this gateway, which has ended since', permitOf('ada'), 'near-key'],
    ['somebody else', permitOf('eve'), 'far-key'],
    ['another client of the same person', permitOf('ada', 'other'), 'far-key'],
  ])('is not touched by %s', async (_, permit, key) => {
    expect(await near().endPeer(permit, key, 'session')).toBe('unknown');
    expect(await asked()).toEqual([]);
  });

  it('is cancelled by its key alone, and ended by its own person', async () => {
    await near().cancel('far-key');
    expect(await asked()).toEqual(['statement far-session']);
    expect(await near().endPeer(permitOf('ada'), 'far-key', 'session')).toBe('done');
    expect(await asked()).toEqual(['statement far-session', 'session far-session']);
  });

  it('is only said to be told to cancel: what its server answers is not known here', async () => {
    expect(await near().endPeer(permitOf('ada'), 'far-key', 'statement')).toBe('passed_on');
    expect((await asked()).at(-1)).toBe('statement far-session');
  });

  it('costs a store that is slow no more than a few look-ups, however many ask', async () => {
    let lookups = 0;
    let answer: (() => void) | undefined;
    const slow = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const sessions = {
      ...store.sessions,
      byCancelKey: async () => {
        lookups += 1;
        await slow;
        return undefined;
      },
    };
    const far = near({ sessions, revocations: store.revocations });
    const guesses = Array.from({ length: 1_000 }, (_, index) => far.cancel(`guess ${index}`));
    expect(lookups).toBe(8);
    answer?.();
    await Promise.all(guesses);
    await far.cancel('later');
    expect(lookups).toBe(9);
  });

  it('is left alone, and the operator told, when the store does not answer', async () => {
    const sessions = { ...store.sessions, byCancelKey: () => Promise.reject(new Error('store is down')) };
    await near({ sessions, revocations: store.revocations }).cancel('far-key');
    const asker = near({ sessions, revocations: store.revocations });
    expect(await asker.endPeer(permitOf('ada'), 'far-key', 'statement')).toBe('unconfirmed');
    expect(problems).toEqual([new Error('store is down'), new Error('store is down')]);
  });
});
