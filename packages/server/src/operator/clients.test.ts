import { describe, expect, test } from 'vitest';
import { hashSecret, Refusal } from '../core/index.ts';
import {
  addClient,
  approveClient,
  clientErrors,
  disableClient,
  listClients,
  listConsents,
  removeClient,
  rotateClientSecret,
} from './index.ts';
import { ada, operatorBed } from './testing/index.ts';

const bed = operatorBed();

describe('clients', () => {
  test('one that registered itself waits until it is approved, and what went wrong for it is told', async () => {
    const { store, clock } = bed.workspace;
    await store.clients.put({ id: 'app', origin: 'page', metadata: {} }, clock.now());
    await store.applications.put({ clientId: 'app', owner: ada, state: 'waiting' });
    await store.activity.failed({ clientId: 'app', error: 'invalid_client', sentence: 'wrong secret' }, 7);
    expect(await listClients(bed.workspace)).toMatchObject([{ id: 'app', waiting: true }]);
    expect(await approveClient(bed.workspace, 'app')).toBe(true);
    expect(await listClients(bed.workspace)).toMatchObject([{ id: 'app', waiting: false }]);
    expect(await store.applications.get('app')).toMatchObject({
      owner: ada,
      decidedBy: bed.workspace.operator,
    });
    expect(await bed.recorded()).toEqual(['application_approved app']);
    expect(await clientErrors(bed.workspace, 'app')).toMatchObject([{ sentence: 'wrong secret', times: 1 }]);
    expect([await approveClient(bed.workspace, 'none'), await clientErrors(bed.workspace, 'none')]).toEqual([
      false,
      undefined,
    ]);
  });

  const registration = {
    name: 'Acme BI',
    redirectUris: ['https://bi.acme.example/callback'],
    scopes: ['db:authdb:readonly'],
    grantTypes: ['authorization_code', 'refresh_token'],
    confidential: true,
  };

  test('a registered client has a secret that is stored as a hash alone, and rotates with an overlap', async () => {
    const { clientId, secret } = await addClient(bed.workspace, registration);
    const valid = () => bed.workspace.store.clients.secrets(clientId, bed.workspace.clock.now());
    expect(await valid()).toEqual([hashSecret(secret?.reveal() ?? '')]);
    const next = await rotateClientSecret(bed.workspace, clientId, 3_600_000);
    expect(new Set(await valid())).toEqual(
      new Set([secret, next].map((each) => hashSecret(each?.reveal() ?? ''))),
    );
    const last = await rotateClientSecret(bed.workspace, clientId, 0);
    expect(await valid()).toEqual([hashSecret(last.reveal())]);
  });

  test.each([
    ['a redirect URI that leads anywhere else', { redirectUris: ['javascript:alert(1)'] }],
    ['no redirect URI for a browser', { redirectUris: [] }],
    ['a name that is none', { name: '' }],
    ['no secret for what acts for itself', { grantTypes: ['client_credentials'], confidential: false }],
  ])('%s is refused before anything is recorded or kept', async (_, wrong) => {
    await expect(addClient(bed.workspace, { ...registration, ...wrong })).rejects.toThrow(Refusal);
    expect(await bed.recorded()).toEqual([]);
    expect(await listClients(bed.workspace)).toEqual([]);
  });

  test('no other secret is recorded for a client that has none of ours', async () => {
    await bed.workspace.store.clients.put({ id: 'acme', origin: 'config', metadata: {} }, 1);
    for (const id of ['acme', 'nobody'])
      await expect(rotateClientSecret(bed.workspace, id, 0)).rejects.toThrow(Refusal);
    expect(await bed.recorded()).toEqual([]);
  });

  test.each([['db:nowhere'], ['db:authdb:owner'], ['authdb']])(
    'the scope %s, which names nothing, is refused before anything is kept',
    async (scope) => {
      await expect(addClient(bed.workspace, { ...registration, scopes: [scope] })).rejects.toThrow(Refusal);
      expect(await bed.recorded()).toEqual([]);
    },
  );

  test('a disabled client is stopped, and everything that it was let do ends', async () => {
    const { clientId } = await addClient(bed.workspace, registration);
    await bed.consentOf(ada, clientId);
    expect(await disableClient(bed.workspace, clientId)).toBe(true);
    expect((await listClients(bed.workspace))[0]?.disabled).toBe(true);
    expect(await listConsents(bed.workspace, { clientId })).toEqual([]);
    expect(await bed.revocations()).toEqual([`client ${clientId}`]);
  });

  test('a client of the config stays, because it would come back; others go', async () => {
    await bed.workspace.store.clients.put({ id: 'acme', origin: 'config', metadata: {} }, 1);
    expect(await removeClient(bed.workspace, 'acme')).toBe('kept_by_config');
    expect(await removeClient(bed.workspace, 'nobody')).toBe('not_found');
    const { clientId } = await addClient(bed.workspace, registration);
    expect(await removeClient(bed.workspace, clientId)).toBe('removed');
    expect((await listClients(bed.workspace)).map(({ id }) => id)).toEqual(['acme']);
  });
});
