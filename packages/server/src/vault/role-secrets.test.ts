import { createSecretKey, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Secret, systemClock } from '../core/index.ts';
import { sampleDatabase, sampleRole } from '../core/testing/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { openVault } from './open-vault.ts';
import { RoleSecrets } from './role-secrets.ts';
import { secretSource } from './secret-source.ts';

const managed = sampleRole({ grants: { kind: 'template', template: 'read' } });
const referenced = sampleRole({ name: 'admin', login: 'gw_admin', password: 'file:./admin.secret' });
const database = sampleDatabase({ roles: [managed, referenced] });

let folder = '';
let store: Store;
let secrets: RoleSecrets;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-role-secrets-'));
  store = await openStore({ kind: 'sqlite', path: join(folder, 'store.db') }, systemClock);
  secrets = new RoleSecrets({
    databases: () => new Map([[database.name, database]]),
    secrets: secretSource(folder),
    vault: await openVault({ store, masterKey: createSecretKey(randomBytes(32)) }),
  });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const candidates = async (role: string) =>
  (await secrets.passwords('authdb', role)).map((secret) => secret.reveal());

describe('the candidates for a role', () => {
  test('are the login of the role with each password, in order', async () => {
    await secrets.stageNext('authdb', 'readonly', new Secret('one'));
    await secrets.promoteNext('authdb', 'readonly', new Secret('one'));
    await secrets.stageNext('authdb', 'readonly', new Secret('two'));
    const found: string[] = [];
    for await (const { login, password } of secrets.candidates({ database, role: managed })) {
      found.push(`${login} ${password?.reveal()}`);
    }
    expect(found).toEqual(['gw_readonly two', 'gw_readonly one']);
  });

  test('go on with the secret that a rotation made since, when the server refused the one before', async () => {
    await secrets.promoteNext('authdb', 'readonly', new Secret('one'));
    const given = secrets.candidates({ database, role: managed });
    const next = async () => (await given.next()).value?.password?.reveal();
    expect(await next()).toBe('one');
    await secrets.stageNext('authdb', 'readonly', new Secret('two'));
    expect(await next()).toBe('two');
    await secrets.promoteNext('authdb', 'readonly', new Secret('two'));
    expect(await next(), 'each is tried once').toBeUndefined();
  });

  test('are the referenced password alone, read anew each time', async () => {
    await writeFile(join(folder, 'admin.secret'), 'one\n');
    expect(await candidates('admin')).toEqual(['one']);
    await writeFile(join(folder, 'admin.secret'), 'two\n');
    expect(await candidates('admin')).toEqual(['two']);
  });

  test('are none for a managed role that never got a secret', async () => {
    expect(await candidates('readonly')).toEqual([]);
  });

  test('are the staged secret and then the current one while a rotation is in flight', async () => {
    await secrets.stageNext('authdb', 'readonly', new Secret('one'));
    expect(await candidates('readonly')).toEqual(['one']);
    await secrets.promoteNext('authdb', 'readonly', new Secret('one'));
    expect(await candidates('readonly')).toEqual(['one']);
    await secrets.stageNext('authdb', 'readonly', new Secret('two'));
    expect(await candidates('readonly')).toEqual(['two', 'one']);
    await secrets.promoteNext('authdb', 'readonly', new Secret('two'));
    expect(await candidates('readonly')).toEqual(['two']);
  });

  test('are the current secret alone after the staged one was dropped', async () => {
    await secrets.promoteNext('authdb', 'readonly', new Secret('one'));
    await secrets.stageNext('authdb', 'readonly', new Secret('two'));
    await secrets.dropNext('authdb', 'readonly');
    expect(await candidates('readonly')).toEqual(['one']);
  });

  test('keep a staged secret that another rotation wrote when an older one is promoted late', async () => {
    await secrets.stageNext('authdb', 'readonly', new Secret('newer'));
    await secrets.promoteNext('authdb', 'readonly', new Secret('older'));
    expect(await candidates('readonly')).toEqual(['newer', 'older']);
  });

  test.each([
    ['authdb', 'nobody'],
    ['elsewhere', 'readonly'],
  ])('of %s/%s, which the config does not have, are refused', async (name, role) => {
    await expect(secrets.passwords(name, role)).rejects.toThrow(`no role ${name}/${role}`);
  });

  test('are refused when the reference leads nowhere', async () => {
    await expect(candidates('admin')).rejects.toThrow(/admin.secret cannot be read/);
  });
});
