import { afterAll, beforeAll, expect, it } from 'vitest';
import { Refusal } from '../../core/index.ts';
import { admin, startTestBed, type TestBed, viewer } from '../testing/index.ts';
import { type Applications, createApplications } from './applications.ts';

let bed: TestBed;
let applications: Applications;
beforeAll(async () => {
  bed = await startTestBed({ registration: { enabled: false, people: { kind: 'everyone' } } });
  const { audit, store, clients, revoker } = bed;
  applications = createApplications({
    config: () => bed.config,
    store,
    registry: clients,
    revoker,
    audit,
    clock: bed.parts.clock,
  });
});
afterAll(() => bed[Symbol.asyncDispose]());

const wanted = { name: 'Notes', redirectUris: [], scopes: ['db:sales'], confidential: true };
const register = (by = viewer) =>
  applications.register(by, { ...wanted, redirectUris: ['https://notes.example/cb'] });

it('lets one person have fifty applications, also when more are registered at once', async () => {
  for (let count = 0; count < 47; count++) await register();
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => register()));
  const refusals = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  expect(refusals).toHaveLength(5);
  for (const refusal of refusals) {
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ code: 'request_invalid' });
    expect(String(refusal.message)).toContain('You have 50 applications already. Remove one');
  }
  const own = await applications.ownedBy('local:viewer@example.com');
  expect(own).toHaveLength(50);
  expect(bed.events.filter((event) => event.type === 'admin')).toHaveLength(50);

  // Nobody else is held up by it, and one that goes makes room.
  await register(admin);
  await applications.remove(viewer, own[0]?.id ?? '');
  await register();
});

it('records no application whose name or secret it refuses', async () => {
  const before = bed.events.length;
  const misleading = { ...wanted, name: '<b>Notes</b>', redirectUris: ['https://notes.example/cb'] };
  await expect(applications.register(admin, misleading)).rejects.toThrow(Refusal);
  expect(bed.events.slice(before)).toEqual([]);

  const { clientId } = await applications.register(admin, {
    ...misleading,
    name: 'Notes',
    confidential: false,
  });
  const registered = bed.events.length;
  await expect(applications.rotateSecret(admin, clientId, 0)).rejects.toThrow(Refusal);
  expect(bed.events.slice(registered)).toEqual([]);
});
