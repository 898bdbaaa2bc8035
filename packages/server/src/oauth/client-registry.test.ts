import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../core/index.ts';
import { createClientRegistry } from './client-registry.ts';
import { startTestBed, type TestBed } from './testing/index.ts';

describe('the clients of the config', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await startTestBed();
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  const client = (id: string, secret: string) => ({
    id,
    name: id,
    redirectUris: ['https://app.example/callback'],
    scopes: [],
    grantTypes: ['authorization_code'] as const,
    secret,
  });
  const listed = async () => (await bed.store.clients.list()).map(({ id }) => id).sort();

  it('stay as they were when one of them has a secret that cannot be read', async () => {
    const before = await listed();
    const clients = [client('readable', 'file:acme-secret'), client('unreadable', 'file:missing')];
    await expect(bed.clients.sync({ ...bed.config, clients })).rejects.toThrow('missing');
    expect(await listed()).toEqual(before);
  });

  it('end at the next sync when the gateway stopped before what they may do had ended', async () => {
    const secrets = { resolve: async () => new Secret('a secret of a client that leaves the config') };
    const breaking = {
      ...bed.revoker,
      client: () => Promise.reject(new Error('stopped')),
    };
    const leaving = { ...bed.config, clients: [...bed.config.clients, client('leaving', 'file:any')] };
    const registry = createClientRegistry(bed.store, secrets, breaking, bed.parts.clock);
    await registry.sync(leaving);
    await expect(registry.sync(bed.config)).rejects.toThrow('stopped');
    expect(await bed.store.clients.get('leaving')).toMatchObject({ disabled: true });
    await bed.clients.sync(bed.config);
    expect(await bed.store.clients.get('leaving')).toBeUndefined();
    expect((await bed.store.revocations.since(0)).at(-1)).toMatchObject({
      kind: 'client',
      subject: 'leaving',
    });
  });
});
