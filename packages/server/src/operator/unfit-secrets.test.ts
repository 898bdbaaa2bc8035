import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type ManagedDatabase, makeManagedDatabase } from '../../../../tests/support/managed-database.ts';
import { startPostgres, type TestPostgres } from '../../../../tests/support/postgres.ts';
import { openWorkspace } from '../compose/index.ts';
import { loadConfig } from '../config/index.ts';
import { applyRoles, examineDatabases, planRoles, type Workspace } from './index.ts';

let folder: string;
let server: TestPostgres;
let managed: ManagedDatabase;
let workspace: Workspace;
beforeAll(async () => {
  server = await startPostgres();
  managed = await makeManagedDatabase(server, { readonly: { kind: 'template', template: 'read' } });
  folder = await mkdtemp(join(tmpdir(), 'grantway-unfit-'));
  await writeFile(join(folder, 'master.key'), randomBytes(32).toString('base64'), { mode: 0o600 });
  await writeFile(join(folder, 'manager'), managed.managerPassword.reveal(), { mode: 0o600 });
  const { name, host, port, manager } = managed.database;
  const file = join(folder, 'grantway.yaml');
  await writeFile(
    file,
    stringify({
      issuer: 'http://127.0.0.1:8400',
      dataDir: './data',
      masterKey: 'file:./master.key',
      listen: { http: '127.0.0.1:8400' },
      databases: {
        [name]: {
          engine: 'postgres',
          host,
          port,
          tls: 'off',
          manager: { login: manager?.login, password: 'file:./manager' },
          roles: { readonly: { login: managed.role('readonly').login, grants: 'read', allow: 'everyone' } },
        },
      },
    }),
  );
  const loaded = await loadConfig(file, { env: {} });
  if (loaded.outcome === 'invalid') throw new Error(JSON.stringify(loaded.problems));
  workspace = await openWorkspace(loaded.config, { logger: pino({ level: 'silent' }) });
});
afterAll(async () => {
  await workspace?.close();
  await managed?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('a secret that the server does not take is in the plan and in what doctor finds, and apply mends it', async () => {
  const { name } = managed.database;
  const { login } = managed.role('readonly');
  const passwordPlanned = async () =>
    (await planRoles(workspace, name)).filter(({ sql }) => sql === `ALTER ROLE "${login}" PASSWORD …`);
  const unfit = async () =>
    (await examineDatabases(workspace, name)).filter(({ code }) => code === 'secret_unfit');

  expect(await passwordPlanned()).toMatchObject([{ because: 'the role readonly has no secret yet' }]);
  expect((await applyRoles(workspace, name)).secrets).toEqual([{ role: 'readonly', outcome: 'rotated' }]);
  expect([await passwordPlanned(), await unfit()]).toEqual([[], []]);

  // What the restore of an older store comes to.
  await managed.superuser.query(`ALTER ROLE "${login}" PASSWORD 'of a later rotation'`);
  const because = expect.stringMatching(/^the server refuses the login .* with the secret in the store/);
  expect(await passwordPlanned()).toMatchObject([{ because }]);
  expect(await unfit()).toMatchObject([
    { severity: 'warning', meaning: because, mend: `grantway roles apply ${name}` },
  ]);
  expect((await applyRoles(workspace, name)).secrets).toEqual([{ role: 'readonly', outcome: 'rotated' }]);
  expect([await passwordPlanned(), await unfit()]).toEqual([[], []]);
});
