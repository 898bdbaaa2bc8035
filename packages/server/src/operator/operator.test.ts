import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Refusal, Secret } from '../core/index.ts';
import {
  applyRoles,
  disablePerson,
  endConsent,
  endSession,
  examineDatabases,
  explainAccess,
  listConsents,
  listSessions,
  listSigningKeys,
  readTrail,
  replaceSigningKeys,
  rotateSigningKey,
  rotateVaultKeys,
  verifyTrail,
} from './index.ts';
import { ada, operatorBed } from './testing/index.ts';

const bed = operatorBed();

describe('sessions and consents', () => {
  test('a live session is listed, and ended through the revocations that gateways follow', async () => {
    const session = {
      id: 'session-1',
      gatewayId: 'g',
      personId: ada,
      clientId: 'app',
      consentId: 'c',
      database: 'authdb',
      role: 'readonly',
      remoteAddress: '127.0.0.1',
      startedAt: 1,
      heartbeatAt: bed.workspace.clock.now(),
      cancelKeyHash: 'hash-1',
    };
    await bed.workspace.store.sessions.publish([session], []);
    expect((await listSessions(bed.workspace)).map(({ id }) => id)).toEqual(['session-1']);
    expect(await endSession(bed.workspace, 'session-1')).toBe(true);
    expect(await bed.revocations()).toEqual(['session session-1']);
    expect(await endSession(bed.workspace, 'session-2')).toBe(false);
  });

  test('a consent shows its scopes, and ends with everything that hangs on it', async () => {
    const id = await bed.consentOf(ada, 'app');
    expect(await listConsents(bed.workspace, { personId: ada })).toMatchObject([
      { id, personId: ada, clientId: 'app', scopes: ['openid', 'profile', 'db:authdb:readonly'] },
    ]);
    expect(await endConsent(bed.workspace, id)).toBe(true);
    expect(await listConsents(bed.workspace, {})).toEqual([]);
    expect(await bed.revocations()).toEqual([`consent ${id}`]);
    expect(await endConsent(bed.workspace, id)).toBe(false);
  });
});

describe('keys', () => {
  test('secrets are readable after the keys were rotated', async () => {
    await bed.workspace.vault.put('test', 'one', new Secret('kept'));
    const { rewrapped } = await rotateVaultKeys(bed.workspace);
    expect(rewrapped).toBeGreaterThan(0);
    expect((await bed.workspace.vault.open('test', 'one'))?.reveal()).toBe('kept');
  });

  test('the next key that signs ID tokens is announced once, and a compromised one is out at once', async () => {
    expect(await listSigningKeys(bed.workspace)).toEqual([]);
    const first = await rotateSigningKey(bed.workspace);
    expect(await listSigningKeys(bed.workspace)).toEqual([
      { kid: first.kid, state: 'signing', signsFrom: first.signsFrom },
    ]);
    const next = await rotateSigningKey(bed.workspace);
    expect(next.signsFrom).toBeGreaterThanOrEqual(first.signsFrom + 24 * 3_600_000);
    expect(await rotateSigningKey(bed.workspace)).toEqual({ ...next, outcome: 'announced_before' });
    expect((await listSigningKeys(bed.workspace)).map(({ kid, state }) => [kid, state])).toEqual([
      [first.kid, 'signing'],
      [next.kid, 'announced'],
    ]);

    const { kid } = await replaceSigningKeys(bed.workspace);
    expect(await listSigningKeys(bed.workspace)).toMatchObject([{ kid, state: 'signing' }]);
    expect(await bed.recorded()).toEqual([
      `signing_key_announced ${first.kid}`,
      `signing_key_announced ${next.kid}`,
      `signing_keys_replaced ${kid}`,
    ]);
  });

  test('with a new master key the workspace opens by the previous one, and from then on without it', async () => {
    await bed.workspace.vault.put('test', 'one', new Secret('kept'));
    const { config } = bed.workspace;
    const kept = async () => (await bed.workspace.vault.open('test', 'one'))?.reveal();
    await bed.workspace.close();
    const previousMasterKey = await bed.replaceMasterKey();
    await expect(bed.open(config)).rejects.toThrow(/The master key does not fit/);

    await bed.open(config, previousMasterKey);
    await rotateVaultKeys(bed.workspace);
    expect(await kept()).toBe('kept');
    await bed.workspace.close();
    await bed.open(config);
    expect(await kept()).toBe('kept');
  });
});

describe('what an operator asks', () => {
  test('explain names the rule that decides, and refuses what is unknown', async () => {
    await bed.addAda();
    const roles = await explainAccess(bed.workspace, 'authdb', 'ada@example.com', 'grantway-cli');
    expect(roles.map(({ role, matched, isDefault }) => [role, matched, isDefault])).toEqual([
      ['admin', false, false],
      ['readonly', true, true],
    ]);
    await expect(explainAccess(bed.workspace, 'nowhere', ada, 'x')).rejects.toThrow(
      'The config has no database "nowhere". It has: authdb.',
    );
    await expect(explainAccess(bed.workspace, 'authdb', 'nobody', 'x')).rejects.toMatchObject({
      code: 'request_invalid',
    });
  });

  test('roles of a database without a manager account are refused with the fix', async () => {
    await expect(applyRoles(bed.workspace, 'authdb')).rejects.toThrow(/manager: \{ login, password \}/);
  });

  test('a database that cannot be looked at is a finding, and one that is not there is refused', async () => {
    const [finding] = await examineDatabases(bed.workspace, undefined);
    expect(finding).toMatchObject({ database: 'authdb', severity: 'note', code: 'no_manager' });
    await expect(examineDatabases(bed.workspace, 'other')).rejects.toThrow(Refusal);

    const [authdb] = bed.workspace.config.databases.values();
    if (authdb === undefined) throw new TypeError('authdb');
    const closed = { ...authdb, port: 1, manager: { login: 'm', password: 'env:MANAGER' } };
    const secrets = { resolve: async () => new Secret('unused') };
    const config = { ...bed.workspace.config, databases: new Map([['authdb', closed]]) };
    const [unreachable] = await examineDatabases({ ...bed.workspace, config, secrets }, 'authdb');
    expect(unreachable).toMatchObject({ severity: 'danger', code: 'not_examined' });
  });
});

describe('the trail', () => {
  test('J07 every change is recorded with its actor, and no secret is', async () => {
    const secret = await bed.addAda();
    await disablePerson(bed.workspace, ada);
    expect(await bed.recorded()).toEqual([`person_added ${ada}`, `person_disabled ${ada}`]);
    for await (const record of readTrail(bed.workspace)) {
      expect(record.chain).toBe('audit-operator');
      expect(JSON.stringify(record)).not.toContain(secret.reveal());
      if (record.type === 'admin') expect(record.by).toMatch(/^operator:./);
    }
  });

  test('an untouched trail is intact, and a changed record is named', async () => {
    await bed.addAda();
    expect(await verifyTrail(bed.workspace)).toMatchObject([
      { chain: 'audit-operator', verdict: { outcome: 'intact' } },
    ]);
    const directory = join(bed.workspace.config.dataDir, 'audit-operator');
    const [file = ''] = (await readdir(directory)).filter((name) => name.endsWith('.jsonl'));
    const path = join(directory, file);
    await writeFile(path, (await readFile(path, 'utf8')).replace('editor', 'admin'));
    expect(await verifyTrail(bed.workspace)).toMatchObject([
      {
        verdict: { outcome: 'broken', at: { sequence: 1 }, reason: 'the content of this record was changed' },
      },
    ]);
  });
});
