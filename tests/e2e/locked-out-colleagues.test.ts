import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { managedLoginCare } from '../../packages/server/src/compose/tend-managed-logins.ts';
import { loadConfig } from '../../packages/server/src/config/index.ts';
import { openWorkspace } from '../../packages/server/src/index.ts';
import { applyRoles, readTrail, type Workspace } from '../../packages/server/src/operator/index.ts';
import { type SamplePerson, startGateway, type TestGateway } from '../support/gateway.ts';
import { type ManagedDatabase, makeManagedDatabase } from '../support/managed-database.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';

let folder: string;
let server: TestPostgres;
let sample: ManagedDatabase;
let gateway: TestGateway;
let workspace: Workspace;
const open: pg.Client[] = [];

beforeAll(async () => {
  server = await startPostgres();
  sample = await makeManagedDatabase(server, { readonly: { kind: 'template', template: 'read' } });
  folder = await mkdtemp(join(tmpdir(), 'grantway-colleagues-'));
  const masterKey = `file:${join(folder, 'master.key')}`;
  const password = `file:${join(folder, 'manager')}`;
  await writeFile(join(folder, 'master.key'), randomBytes(32).toString('base64'), { mode: 0o600 });
  await writeFile(join(folder, 'manager'), sample.managerPassword.reveal(), { mode: 0o600 });
  const { name, host, port, manager } = sample.database;
  const { login } = sample.role('readonly');
  gateway = await startGateway({
    config: { masterKey },
    databases: {
      [name]: {
        engine: 'postgres',
        host,
        port,
        tls: 'off',
        manager: { login: manager?.login, password },
        roles: { readonly: { login, grants: 'read', allow: 'everyone' } },
      },
    },
  });
  const loaded = await loadConfig(gateway.configFile, { env: {} });
  if (loaded.outcome === 'invalid') throw new Error(JSON.stringify(loaded.problems));
  workspace = await openWorkspace(loaded.config, { logger: pino({ level: 'silent' }) });
  await applyRoles(workspace, name);
});
afterAll(async () => {
  for (const client of open) await client.end();
  await workspace?.close();
  await gateway?.stop();
  await sample?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function connect(person: SamplePerson): Promise<pg.Client> {
  const { name } = sample.database;
  const { accessToken } = await gateway.tokens(person, { scope: `db:${name}:readonly` });
  const client = new pg.Client({
    host: '127.0.0.1',
    port: gateway.port,
    user: 'me',
    database: name,
    password: accessToken,
  });
  await client.connect();
  open.push(client);
  return client;
}

test('C04 a colleague who changes the password and defaults of the role for everybody does so until the next look, and by name', async () => {
  const { name } = sample.database;
  const { store, clock } = workspace;
  const problems: string[] = [];
  const look = managedLoginCare({
    ...workspace,
    config: () => workspace.config,
    gatewayId: 'test',
    log: { problem: (message) => void problems.push(message) },
  });
  // The gateway's own look, in its minute, would mend it before the test has seen the harm.
  const takeTurn = () =>
    store.locks.acquire(`look at logins ${name}`, 'test', clock.now() + 600_000, clock.now());
  await expect.poll(takeTurn, { timeout: 90_000 }).toBe(true);

  const viewer = await connect('viewer');
  await viewer.query(`ALTER ROLE CURRENT_USER SET search_path = evil`);
  await viewer.query(`ALTER ROLE CURRENT_USER PASSWORD 'mine now'`);
  await expect(connect('editor')).rejects.toThrow(/refused/);

  await look(new AbortController().signal);
  const editor = await connect('editor');
  expect((await editor.query('SELECT * FROM users')).rowCount).toBe(3);
  expect((await viewer.query('SELECT * FROM public.users')).rowCount).toBe(3);
  expect(problems).toHaveLength(2);

  const statements = async () => {
    const texts: string[] = [];
    for await (const { type, person, text } of readTrail(workspace, { type: 'statement' }))
      if (type === 'statement' && person === 'local:viewer@example.com') texts.push(String(text));
    return texts;
  };
  await expect
    .poll(statements, { timeout: 20_000 })
    .toEqual(
      expect.arrayContaining([
        'ALTER ROLE CURRENT_USER SET search_path = evil',
        `ALTER ROLE CURRENT_USER PASSWORD '[secret]'`,
      ]),
    );
});
