import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openWorkspace } from '../compose/index.ts';
import { loadConfig } from '../config/index.ts';
import { hashSecret, Refusal, Secret } from '../core/index.ts';
import { localMethod, secondFactors } from '../identity/index.ts';
import { createProviderSessions } from '../oauth/index.ts';
import {
  addClient,
  addPerson,
  applyRoles,
  approveClient,
  clientErrors,
  disableClient,
  disablePerson,
  enablePerson,
  endConsent,
  endSession,
  examineDatabases,
  explainAccess,
  type InviteResult,
  invitePerson,
  listClients,
  listConsents,
  listPeople,
  listSessions,
  listSigningKeys,
  personIdOf,
  readTrail,
  removeClient,
  removePerson,
  replaceSigningKeys,
  resetFactors,
  resetSecret,
  rotateClientSecret,
  rotateSigningKey,
  rotateVaultKeys,
  signOutPerson,
  verifyTrail,
  type Workspace,
} from './index.ts';

const configText = `
issuer: http://127.0.0.1:8400
dataDir: ./data
masterKey: file:./master.key
listen: { http: 127.0.0.1:8400 }
databases:
  authdb:
    engine: postgres
    host: 127.0.0.1
    tls: off
    roles:
      admin: { login: a, password: env:A, allow: { groups: [admin] } }
      readonly: { login: r, password: env:R, allow: everyone }
`;

let folder: string;
let workspace: Workspace;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-operator-'));
  await writeFile(join(folder, 'grantway.yaml'), configText);
  await writeFile(join(folder, 'master.key'), randomBytes(32).toString('base64'), { mode: 0o600 });
  const loaded = await loadConfig(join(folder, 'grantway.yaml'), { env: {} });
  if (loaded.outcome === 'invalid') throw new Error(JSON.stringify(loaded.problems));
  workspace = await openWorkspace(loaded.config, { logger: pino({ level: 'silent' }) });
});

afterEach(async () => {
  await workspace.close();
  await rm(folder, { recursive: true, force: true });
});

async function signIn(username: string, password: Secret): Promise<string> {
  const { store, clock } = workspace;
  const method = localMethod({ name: 'local', people: store.people, attempts: store.attempts, clock });
  const outcome = await method.verify({ username, password, remoteAddress: '127.0.0.1' });
  return outcome.outcome === 'failed' ? outcome.reason : outcome.outcome;
}

/** The administrative records so far, as `action target`. */
async function recorded(): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const record of readTrail(workspace, { type: 'admin' })) {
    lines.push(`${record.action} ${record.target}`);
  }
  return lines;
}

const revocations = async () =>
  (await workspace.store.revocations.since(0)).map(({ kind, subject }) => `${kind} ${subject}`);

async function addAda(): Promise<Secret> {
  const added = await addPerson(workspace, 'Ada@Example.com', ['editor']);
  if (added.outcome !== 'added') throw new Error(added.outcome);
  return added.secret;
}

function linkOf(result: InviteResult): URL {
  if (result.outcome !== 'invited') throw new Error(result.outcome);
  return new URL(result.link.reveal());
}

const ada = 'local:ada@example.com';

async function consentOf(personId: string, clientId: string): Promise<string> {
  const id = 'consent-1';
  await workspace.store.artifacts.upsert({
    model: 'Grant',
    idHash: hashSecret(id),
    payload: {
      jti: id,
      openid: { scope: 'openid profile' },
      resources: { 'http://127.0.0.1:8400/db/authdb': 'db:authdb:readonly' },
    },
    expiresAt: workspace.clock.now() + 60_000,
    accountId: personId,
    clientId,
    grantId: id,
  });
  return id;
}

describe('people', () => {
  test('somebody who was added signs in with the first secret, which expires', async () => {
    const secret = await addAda();
    expect(await signIn('ada@example.com', secret)).toBe('first_secret');
    const stored = await workspace.store.people.password(ada);
    expect(stored?.expiresAt).toBeGreaterThan(workspace.clock.now());
    expect((await listPeople(workspace))[0]).toMatchObject({ id: ada, groups: ['editor'], disabled: false });
  });

  test('nobody is added twice, in whatever spelling', async () => {
    await addAda();
    expect(await addPerson(workspace, 'ADA@example.com', [])).toEqual({ outcome: 'exists' });
  });

  test.each([[''], [' '], [' ada'], ['ada\nadmin'], ['ada\u202e'], ['corp:ada'], ['a'.repeat(255)]])(
    'the user name %j is refused before anything is recorded or kept',
    async (name) => {
      await expect(addPerson(workspace, name, [])).rejects.toThrow('A user name has');
      await expect(invitePerson(workspace, name, [])).rejects.toThrow('A user name has');
      expect(await recorded()).toEqual([]);
      expect(await listPeople(workspace)).toEqual([]);
    },
  );

  test('a reset makes the old secret worthless and ends what the person holds', async () => {
    const old = await addAda();
    const consent = await consentOf(ada, 'app');
    const reset = await resetSecret(workspace, ada);
    if (reset.outcome !== 'reset') throw new Error(reset.outcome);
    expect(await signIn('ada@example.com', old)).toBe('wrong_password');
    expect(await signIn('ada@example.com', reset.secret)).toBe('first_secret');
    expect(await workspace.store.artifacts.find('Grant', hashSecret(consent))).toBeUndefined();
    expect(await revocations()).toContain(`person ${ada}`);
  });

  test('an invitation is a link with a secret that the store knows as a hash alone; the next one ends it and all that they hold', async () => {
    const first = linkOf(await invitePerson(workspace, 'Ada@Example.com', ['editor']));
    expect(first.origin + first.pathname).toBe('http://127.0.0.1:8400/invitation');
    expect(first.searchParams.get('user')).toBe('ada@example.com');
    const secret = new Secret(first.searchParams.get('secret') ?? '');
    expect(await signIn('ada@example.com', secret)).toBe('first_secret');
    expect(JSON.stringify(await workspace.store.people.password(ada))).toContain('$argon2id$');
    const consent = await consentOf(ada, 'app');

    const second = linkOf(await invitePerson(workspace, 'ada@example.com', []));
    expect(await signIn('ada@example.com', secret)).toBe('wrong_password');
    expect(await signIn('ada@example.com', new Secret(second.searchParams.get('secret') ?? ''))).toBe(
      'first_secret',
    );
    expect(await workspace.store.artifacts.find('Grant', hashSecret(consent))).toBeUndefined();
    expect(await recorded()).toEqual([`person_invited ${ada}`, `person_invited ${ada}`]);
    expect((await workspace.store.people.get(ada))?.groups).toEqual(['editor']);
  });

  test('no invitation changes groups, or leads somebody in who is disabled', async () => {
    await addAda();
    expect(await invitePerson(workspace, 'ADA@example.com', ['admin'])).toEqual({
      outcome: 'groups_are_kept',
    });
    await disablePerson(workspace, ada);
    expect(await invitePerson(workspace, 'ada@example.com', [])).toEqual({ outcome: 'disabled' });
  });

  test('people of another sign-in method have no secret here', async () => {
    expect(await resetSecret(workspace, 'corp:ada')).toEqual({ outcome: 'not_local' });
    expect(await resetSecret(workspace, 'local:nobody')).toEqual({ outcome: 'not_found' });
    expect(await resetSecret(workspace, personIdOf(':ada'))).toEqual({ outcome: 'not_found' });
  });

  test('a reset of the password leaves second factors, and says how many', async () => {
    await addAda();
    const { store, vault, clock } = workspace;
    const factors = secondFactors({ store, secrets: vault, clock });
    await factors.addApp(ada, 'App', new Secret('JBSWY3DPEHPK3PXP'), 1);
    expect(await resetSecret(workspace, ada)).toMatchObject({ outcome: 'reset', factorsKept: 1 });
    expect(await resetFactors(workspace, ada)).toBe(1);
    expect(await resetSecret(workspace, ada)).toMatchObject({ outcome: 'reset', factorsKept: 0 });
  });

  test('of somebody who is removed nothing stays sealed: no key of an app, no token of their provider', async () => {
    await addAda();
    const { store, vault, clock } = workspace;
    const factors = secondFactors({ store, secrets: vault, clock });
    await factors.addApp(ada, 'App', new Secret('JBSWY3DPEHPK3PXP'), 1);
    await createProviderSessions(store, vault, clock).keep(ada, { idToken: new Secret('e.y.J'), id: 'sid' });
    const sealed = async () =>
      (await Promise.all(['totp', 'provider-session'].map((kind) => store.sealed.list(kind)))).flat();
    expect(await sealed()).toHaveLength(2);
    expect(await removePerson(workspace, ada)).toBe(true);
    expect(await sealed()).toEqual([]);
  });

  test('a disabled person is kept out at once, everywhere, until enabled', async () => {
    const secret = await addAda();
    await consentOf(ada, 'app');
    expect(await disablePerson(workspace, ada)).toBe(true);
    expect(await signIn('ada@example.com', secret)).toBe('disabled');
    expect(await listConsents(workspace, { personId: ada })).toEqual([]);
    expect(await revocations()).toEqual([`person ${ada}`]);
    expect(await enablePerson(workspace, ada)).toBe(true);
    expect(await signIn('ada@example.com', secret)).toBe('first_secret');
  });

  test('a person who is signed out loses everything, and may sign in again', async () => {
    const secret = await addAda();
    await consentOf(ada, 'app');
    expect(await signOutPerson(workspace, ada)).toBe(true);
    expect(await listConsents(workspace, { personId: ada })).toEqual([]);
    expect(await revocations()).toEqual([`person ${ada}`]);
    expect(await recorded()).toContain(`person_signed_out ${ada}`);
    expect(await signIn('ada@example.com', secret)).toBe('first_secret');
  });

  test('a removed person is unknown, and what they held ends', async () => {
    const secret = await addAda();
    expect(await removePerson(workspace, ada)).toBe(true);
    expect(await signIn('ada@example.com', secret)).toBe('unknown');
    expect(await revocations()).toContain(`person ${ada}`);
  });

  test.each([
    ['disable', disablePerson],
    ['enable', enablePerson],
    ['remove', removePerson],
    ['sign out', signOutPerson],
  ])('to %s a stranger changes and records nothing', async (_, act) => {
    expect(await act(workspace, 'local:nobody')).toBe(false);
    expect(await recorded()).toEqual([]);
    expect(await revocations()).toEqual([]);
  });

  test('a name without a method is a local person’s', () => {
    expect(personIdOf('Ada@Example.com')).toBe(ada);
    expect(personIdOf('corp:Ada')).toBe('corp:Ada');
  });
});

describe('clients', () => {
  test('one that registered itself waits until it is approved, and what went wrong for it is told', async () => {
    const { store, clock } = workspace;
    await store.clients.put({ id: 'app', origin: 'page', metadata: {} }, clock.now());
    await store.applications.put({ clientId: 'app', owner: ada, state: 'waiting' });
    await store.activity.failed({ clientId: 'app', error: 'invalid_client', sentence: 'wrong secret' }, 7);
    expect(await listClients(workspace)).toMatchObject([{ id: 'app', waiting: true }]);
    expect(await approveClient(workspace, 'app')).toBe(true);
    expect(await listClients(workspace)).toMatchObject([{ id: 'app', waiting: false }]);
    expect(await store.applications.get('app')).toMatchObject({ owner: ada, decidedBy: workspace.operator });
    expect(await recorded()).toEqual(['application_approved app']);
    expect(await clientErrors(workspace, 'app')).toMatchObject([{ sentence: 'wrong secret', times: 1 }]);
    expect([await approveClient(workspace, 'none'), await clientErrors(workspace, 'none')]).toEqual([
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
    const { clientId, secret } = await addClient(workspace, registration);
    const valid = () => workspace.store.clients.secrets(clientId, workspace.clock.now());
    expect(await valid()).toEqual([hashSecret(secret?.reveal() ?? '')]);
    const next = await rotateClientSecret(workspace, clientId, 3_600_000);
    expect(new Set(await valid())).toEqual(
      new Set([secret, next].map((each) => hashSecret(each?.reveal() ?? ''))),
    );
    const last = await rotateClientSecret(workspace, clientId, 0);
    expect(await valid()).toEqual([hashSecret(last.reveal())]);
  });

  test.each([
    ['a redirect URI that leads anywhere else', { redirectUris: ['javascript:alert(1)'] }],
    ['no redirect URI for a browser', { redirectUris: [] }],
    ['a name that is none', { name: '' }],
    ['no secret for what acts for itself', { grantTypes: ['client_credentials'], confidential: false }],
  ])('%s is refused before anything is recorded or kept', async (_, wrong) => {
    await expect(addClient(workspace, { ...registration, ...wrong })).rejects.toThrow(Refusal);
    expect(await recorded()).toEqual([]);
    expect(await listClients(workspace)).toEqual([]);
  });

  test('no other secret is recorded for a client that has none of ours', async () => {
    await workspace.store.clients.put({ id: 'acme', origin: 'config', metadata: {} }, 1);
    for (const id of ['acme', 'nobody'])
      await expect(rotateClientSecret(workspace, id, 0)).rejects.toThrow(Refusal);
    expect(await recorded()).toEqual([]);
  });

  test.each([['db:nowhere'], ['db:authdb:owner'], ['authdb']])(
    'the scope %s, which names nothing, is refused before anything is kept',
    async (scope) => {
      await expect(addClient(workspace, { ...registration, scopes: [scope] })).rejects.toThrow(Refusal);
      expect(await recorded()).toEqual([]);
    },
  );

  test('a disabled client is stopped, and everything that it was let do ends', async () => {
    const { clientId } = await addClient(workspace, registration);
    await consentOf(ada, clientId);
    expect(await disableClient(workspace, clientId)).toBe(true);
    expect((await listClients(workspace))[0]?.disabled).toBe(true);
    expect(await listConsents(workspace, { clientId })).toEqual([]);
    expect(await revocations()).toEqual([`client ${clientId}`]);
  });

  test('a client of the config stays, because it would come back; others go', async () => {
    await workspace.store.clients.put({ id: 'acme', origin: 'config', metadata: {} }, 1);
    expect(await removeClient(workspace, 'acme')).toBe('kept_by_config');
    expect(await removeClient(workspace, 'nobody')).toBe('not_found');
    const { clientId } = await addClient(workspace, registration);
    expect(await removeClient(workspace, clientId)).toBe('removed');
    expect((await listClients(workspace)).map(({ id }) => id)).toEqual(['acme']);
  });
});

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
      heartbeatAt: workspace.clock.now(),
      cancelKeyHash: 'hash-1',
    };
    await workspace.store.sessions.publish([session], []);
    expect((await listSessions(workspace)).map(({ id }) => id)).toEqual(['session-1']);
    expect(await endSession(workspace, 'session-1')).toBe(true);
    expect(await revocations()).toEqual(['session session-1']);
    expect(await endSession(workspace, 'session-2')).toBe(false);
  });

  test('a consent shows its scopes, and ends with everything that hangs on it', async () => {
    const id = await consentOf(ada, 'app');
    expect(await listConsents(workspace, { personId: ada })).toMatchObject([
      { id, personId: ada, clientId: 'app', scopes: ['openid', 'profile', 'db:authdb:readonly'] },
    ]);
    expect(await endConsent(workspace, id)).toBe(true);
    expect(await listConsents(workspace, {})).toEqual([]);
    expect(await revocations()).toEqual([`consent ${id}`]);
    expect(await endConsent(workspace, id)).toBe(false);
  });
});

describe('what an operator asks', () => {
  test('explain names the rule that decides, and refuses what is unknown', async () => {
    await addAda();
    const roles = await explainAccess(workspace, 'authdb', 'ada@example.com', 'grantway-cli');
    expect(roles.map(({ role, matched, isDefault }) => [role, matched, isDefault])).toEqual([
      ['admin', false, false],
      ['readonly', true, true],
    ]);
    await expect(explainAccess(workspace, 'nowhere', ada, 'x')).rejects.toThrow(
      'The config has no database "nowhere". It has: authdb.',
    );
    await expect(explainAccess(workspace, 'authdb', 'nobody', 'x')).rejects.toMatchObject({
      code: 'request_invalid',
    });
  });

  test('roles of a database without a manager account are refused with the fix', async () => {
    await expect(applyRoles(workspace, 'authdb')).rejects.toThrow(/manager: \{ login, password \}/);
  });

  test('secrets are readable after the keys were rotated', async () => {
    await workspace.vault.put('test', 'one', new Secret('kept'));
    const { rewrapped } = await rotateVaultKeys(workspace);
    expect(rewrapped).toBeGreaterThan(0);
    expect((await workspace.vault.open('test', 'one'))?.reveal()).toBe('kept');
  });

  test('the next key that signs ID tokens is announced once, and a compromised one is out at once', async () => {
    expect(await listSigningKeys(workspace)).toEqual([]);
    const first = await rotateSigningKey(workspace);
    expect(await listSigningKeys(workspace)).toEqual([
      { kid: first.kid, state: 'signing', signsFrom: first.signsFrom },
    ]);
    const next = await rotateSigningKey(workspace);
    expect(next.signsFrom).toBeGreaterThanOrEqual(first.signsFrom + 24 * 3_600_000);
    expect(await rotateSigningKey(workspace)).toEqual({ ...next, outcome: 'announced_before' });
    expect((await listSigningKeys(workspace)).map(({ kid, state }) => [kid, state])).toEqual([
      [first.kid, 'signing'],
      [next.kid, 'announced'],
    ]);

    const { kid } = await replaceSigningKeys(workspace);
    expect(await listSigningKeys(workspace)).toMatchObject([{ kid, state: 'signing' }]);
    expect(await recorded()).toEqual([
      `signing_key_announced ${first.kid}`,
      `signing_key_announced ${next.kid}`,
      `signing_keys_replaced ${kid}`,
    ]);
  });

  test('with a new master key the workspace opens by the previous one, and from then on without it', async () => {
    await workspace.vault.put('test', 'one', new Secret('kept'));
    const { config } = workspace;
    const logger = pino({ level: 'silent' });
    await workspace.close();
    const previousMasterKey = `file:${join(folder, 'old.key')}`;
    await rename(join(folder, 'master.key'), join(folder, 'old.key'));
    await writeFile(join(folder, 'master.key'), randomBytes(32).toString('base64'), { mode: 0o600 });
    await expect(openWorkspace(config, { logger })).rejects.toThrow(/The master key does not fit/);

    workspace = await openWorkspace(config, { logger, previousMasterKey });
    await rotateVaultKeys(workspace);
    expect((await workspace.vault.open('test', 'one'))?.reveal()).toBe('kept');
    await workspace.close();
    workspace = await openWorkspace(config, { logger });
    expect((await workspace.vault.open('test', 'one'))?.reveal()).toBe('kept');
  });
});

describe('the trail', () => {
  test('every change is recorded with its actor, and no secret is', async () => {
    const secret = await addAda();
    await disablePerson(workspace, ada);
    expect(await recorded()).toEqual([`person_added ${ada}`, `person_disabled ${ada}`]);
    for await (const record of readTrail(workspace)) {
      expect(record.chain).toBe('audit-operator');
      expect(JSON.stringify(record)).not.toContain(secret.reveal());
      if (record.type === 'admin') expect(record.by).toMatch(/^operator:./);
    }
  });

  test('an untouched trail is intact, and a changed record is named', async () => {
    await addAda();
    expect(await verifyTrail(workspace)).toMatchObject([
      { chain: 'audit-operator', verdict: { outcome: 'intact' } },
    ]);
    const directory = join(workspace.config.dataDir, 'audit-operator');
    const [file = ''] = (await readdir(directory)).filter((name) => name.endsWith('.jsonl'));
    const path = join(directory, file);
    await writeFile(path, (await readFile(path, 'utf8')).replace('editor', 'admin'));
    expect(await verifyTrail(workspace)).toMatchObject([
      {
        verdict: { outcome: 'broken', at: { sequence: 1 }, reason: 'the content of this record was changed' },
      },
    ]);
  });
});

test('a database that cannot be looked at is a finding, and one that is not there is refused', async () => {
  const [finding] = await examineDatabases(workspace, undefined);
  expect(finding).toMatchObject({ database: 'authdb', severity: 'note', code: 'no_manager' });
  await expect(examineDatabases(workspace, 'other')).rejects.toThrow(Refusal);

  const [authdb] = workspace.config.databases.values();
  if (authdb === undefined) throw new TypeError('authdb');
  const closed = { ...authdb, port: 1, manager: { login: 'm', password: 'env:MANAGER' } };
  const secrets = { resolve: async () => new Secret('unused') };
  const config = { ...workspace.config, databases: new Map([['authdb', closed]]) };
  const [unreachable] = await examineDatabases({ ...workspace, config, secrets }, 'authdb');
  expect(unreachable).toMatchObject({ severity: 'danger', code: 'not_examined' });
});
