import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../audit/index.ts';
import { type Principal, principalId, systemClock } from '../../core/index.ts';
import { openStore, type Store } from '../../store/index.ts';
import { concludeSignIn, type SignInParts } from './conclude-sign-in.ts';

let folder: string;
let store: Store;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-flows-'));
  store = await openStore({ kind: 'sqlite', path: join(folder, 'grantway.db') }, systemClock);
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const ann: Principal = {
  method: 'corp',
  subject: 'ann',
  displayName: 'Ann',
  groups: ['viewer'],
  claims: {},
};
const id = principalId(ann);

/** Signs Ann in; `meanwhile` happens between her showing what proves her and the end of the check. */
async function signIn(meanwhile: () => Promise<unknown>) {
  const events: AuditEvent[] = [];
  const parts: SignInParts = {
    requestId: 'one',
    remoteAddress: '192.0.2.1',
    audit: { recordDurably: async (event) => void events.push(event) },
    people: store.people,
    clock: systemClock,
  };
  const prove = async () => {
    await meanwhile();
    return { outcome: 'proven', principal: ann } as const;
  };
  return { ended: await concludeSignIn('corp', prove, parts), events };
}

describe('a sign-in', () => {
  test.each<[what: string, meanwhile: () => Promise<unknown>, reason: string]>([
    ['their sign-ins were ended', () => store.people.endSignIns(id), 'superseded'],
    [
      'they were removed and somebody was added under the same name',
      async () => {
        await store.people.endSignIns(id);
        await store.people.remove(id);
        await store.people.put({ ...ann, id }, systemClock.now());
      },
      'superseded',
    ],
    [
      'they were switched off, and on again',
      async () => {
        await store.people.disable(id);
        await store.people.endSignIns(id);
        await store.people.enable(id);
      },
      'superseded',
    ],
    ['they were switched off', () => store.people.disable(id), 'disabled'],
  ])('proves nobody when %s while it was checked', async (_, meanwhile, reason) => {
    await store.people.put({ ...ann, id }, systemClock.now());
    await store.people.enable(id);
    const { ended, events } = await signIn(meanwhile);
    expect(ended).toMatchObject({ outcome: 'failed', reason });
    expect(events).toMatchObject([{ type: 'sign_in', outcome: 'failed', reason, person: id }]);
    expect((await store.people.get(id))?.lastSignInAt).toBeUndefined();
    await store.people.remove(id);
  });

  test('of somebody who was never here counts, also when the sign-ins of others ended meanwhile', async () => {
    const { ended } = await signIn(() => store.people.endSignIns('corp:bob'));
    const person = await store.people.get(id);
    expect(ended).toMatchObject({ outcome: 'proven', mark: person?.signInEpoch });
    await store.people.remove(id);
  });

  test('that began after the sign-ins were ended counts', async () => {
    await store.people.put({ ...ann, id }, systemClock.now());
    await store.people.endSignIns(id);
    expect((await signIn(async () => {})).ended).toMatchObject({ outcome: 'proven' });
    await store.people.remove(id);
  });
});
