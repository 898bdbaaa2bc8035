import { mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../config/index.ts';
import { Secret, systemClock } from '../core/index.ts';
import { postgresRoleManager } from '../engines/postgres/roles/index.ts';
import { openStore } from '../store/index.ts';
import { loadMasterKey, openVault, RoleSecrets, secretSource } from '../vault/index.ts';
import { availablePorts } from './free-port.ts';
import { type Demo, prepareDemo } from './index.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = join(await mkdtemp(join(tmpdir(), 'grantway-demo-test-')), 'data');
});
afterEach(async () => {
  const files = await realpath(join(dataDir, 'postgres'));
  await rm(files, { recursive: true, force: true });
  await rm(dirname(dataDir), { recursive: true, force: true });
});

async function freePorts() {
  const [http, postgres, upstream] = await availablePorts([0, 0, 0]);
  return { http, postgres, upstream };
}

/** Connects as a role's login with the secret that the vault keeps for it, as a session of the gateway does. */
async function connectAs(demo: Demo, roleName: string): Promise<pg.Client> {
  const loaded = await loadConfig(demo.configFile, { env: {} });
  if (loaded.outcome === 'invalid') throw new Error('the config is invalid');
  const { config } = loaded;
  const store = await openStore(config.store, systemClock);
  try {
    const masterKey = await loadMasterKey(config.masterKey, dataDir);
    const vault = await openVault({ store, masterKey });
    const secrets = new RoleSecrets({
      vault,
      secrets: secretSource(dataDir),
      databases: () => config.databases,
    });
    const [secret] = await secrets.passwords('authdb', roleName);
    const client = new pg.Client({
      host: '127.0.0.1',
      port: demo.postgres.port,
      database: 'authdb',
      user: config.databases.get('authdb')?.roles.find(({ name }) => name === roleName)?.login,
      password: secret?.reveal(),
    });
    await client.connect();
    return client;
  } finally {
    await store.close();
  }
}

async function outcomeOf(client: pg.Client, sql: string): Promise<string | undefined> {
  return await client.query(sql).then(
    () => 'done',
    (cause: pg.DatabaseError) => cause.code,
  );
}

describe('the demo', () => {
  test('its sample roles read, write and create as their names say, and everything survives a restart', async () => {
    const ports = await freePorts();
    const steps: string[] = [];
    const first = await prepareDemo({ dataDir, ports, onProgress: (step) => steps.push(step) });
    expect(steps.length).toBeGreaterThan(1);
    expect(first.postgres.port).toBe(ports.upstream);
    expect(first.users.map(({ username, group }) => [username, group])).toEqual([
      ['viewer@example.com', 'viewer'],
      ['editor@example.com', 'editor'],
      ['admin@example.com', 'admin'],
    ]);
    const expected: Readonly<Record<string, readonly (string | undefined)[]>> = {
      readonly: ['done', '42501', '42501', '42501'],
      readwrite: ['done', 'done', '42501', '42501'],
      admin: ['done', 'done', 'done', '42501'],
    };
    for (const [role, outcomes] of Object.entries(expected)) {
      const client = await connectAs(first, role);
      expect(
        [
          await outcomeOf(client, `SELECT * FROM users, sensitive_data`),
          await outcomeOf(
            client,
            `INSERT INTO users (name, email) VALUES ('${role}', '${role}@example.com')`,
          ),
          await outcomeOf(client, `CREATE TABLE notes (text text)`),
          await outcomeOf(client, `CREATE ROLE stranger`),
        ],
        role,
      ).toEqual(outcomes);
      await client.end();
    }
    await first.stop();

    // Wherever it would begin today: what it gave out is for the address of before.
    const second = await prepareDemo({ dataDir, ports: await freePorts() });
    expect(second.databaseUrl).toBe(first.databaseUrl);
    expect(second.users).toEqual(first.users);
    const reader = await connectAs(second, 'readonly');
    expect((await reader.query(`SELECT count(*)::int AS n FROM users`)).rows).toEqual([{ n: 5 }]);
    expect(await outcomeOf(reader, `SELECT * FROM notes`)).toBe('done');
    await reader.end();
    await second.stop();
  });

  test('nobody else on the machine can read its secrets, and no secret is in the config file', async () => {
    const demo = await prepareDemo({ dataDir, ports: await freePorts() });
    expect((await stat(dataDir)).mode & 0o077).toBe(0);
    const kept = (await readdir(join(dataDir, 'demo'))).map((name) => join(dataDir, 'demo', name));
    for (const file of [...kept, demo.configFile, join(dataDir, 'master.key'), demo.postgres.dataDir]) {
      expect((await stat(file)).mode & 0o077, file).toBe(0);
    }
    const config = await readFile(demo.configFile, 'utf8');
    for (const { password } of demo.users) expect(config).not.toContain(password);
    await demo.stop();
  });

  test('a second one in the same folder says which process has it, and goes when that one stopped', async () => {
    const first = await prepareDemo({ dataDir, ports: await freePorts() });
    await expect(prepareDemo({ dataDir })).rejects.toThrow(
      `The demo in ${dataDir} runs already (process ${process.pid}). Use that one, stop it with Ctrl-C, or start another with --data-dir FOLDER.`,
    );
    await first.stop();
    await (await prepareDemo({ dataDir })).stop();
  });

  test.each([
    ['cut off', (text: string) => text.slice(0, text.indexOf('editor')), /people\.json:\d+:\d+ is not/],
    [
      'with a group that there is not',
      (text: string) => text.replace('"editor"', '"writer"'),
      /people\.json:10:5/,
    ],
    ['empty', () => '', /people\.json:1:1/],
  ])(
    'people in a file that is %s are told with the place, and nothing of the file',
    async (_, change, place) => {
      const ports = await freePorts();
      const demo = await prepareDemo({ dataDir, ports });
      await demo.stop();
      const file = join(dataDir, 'demo', 'people.json');
      await writeFile(file, change(await readFile(file, 'utf8')));
      const thrown = await prepareDemo({ dataDir }).catch((cause: unknown) => cause);
      expect(thrown).toMatchObject({ name: 'Error', message: expect.stringMatching(place) });
      for (const { password } of demo.users) expect(String(thrown)).not.toContain(password);
      await rm(file);
      await (await prepareDemo({ dataDir })).stop();
    },
  );

  test('a port that somebody else uses is replaced by a free one', async () => {
    const ports = await freePorts();
    const others: Server[] = [];
    for (const port of Object.values(ports)) {
      await new Promise<void>((listening) => {
        others.push(createServer().listen(port, '127.0.0.1', listening));
      });
    }
    const demo = await prepareDemo({ dataDir, ports });
    expect(demo.postgres.port).not.toBe(ports.upstream);
    const loaded = await loadConfig(demo.configFile, { env: {} });
    const config = loaded.outcome === 'loaded' ? loaded.config : undefined;
    expect(config?.listen.http?.port).not.toBe(ports.http);
    expect(config?.issuer).toBe(`http://127.0.0.1:${config?.listen.http?.port}`);
    expect(config?.listen.postgres?.port).not.toBe(ports.postgres);
    const client = await connectAs(demo, 'readonly');
    await client.end();
    await demo.stop();
    for (const other of others) other.close();
  });

  test('no two doors get one port, as a free one that is chosen for the first may be what the second has', async () => {
    const { http, upstream } = await freePorts();
    const demo = await prepareDemo({ dataDir, ports: { http, postgres: http, upstream } });
    await demo.stop();
    const loaded = await loadConfig(demo.configFile, { env: {} });
    const listen = loaded.outcome === 'loaded' ? loaded.config.listen : undefined;
    expect(listen?.http?.port).toBe(http);
    expect(listen?.postgres?.port).not.toBe(http);
  });

  test('the managed roles leave nothing to plan', async () => {
    const demo = await prepareDemo({ dataDir, ports: await freePorts() });
    const loaded = await loadConfig(demo.configFile, { env: {} });
    const database = loaded.outcome === 'loaded' ? loaded.config.databases.get('authdb') : undefined;
    if (database === undefined) throw new Error('the config has no authdb');
    const manager = new Secret((await readFile(join(dataDir, 'demo', 'manager-password'), 'utf8')).trim());
    expect(await postgresRoleManager.plan(database, manager)).toEqual([]);
    await demo.stop();
  });
});
