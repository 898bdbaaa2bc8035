import { readFile, writeFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { type SamplePerson, startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({
    config: { admins: { groups: ['admin'] } },
    // Whoever comes second waits for the only connection, as somebody does whose server takes its time.
    database: { pool: { mode: 'session', size: 1 } },
  });
});
afterAll(() => gateway.stop());

async function client(name: SamplePerson, role: string): Promise<pg.Client> {
  const { accessToken } = await gateway.tokens(name, { scope: `db:authdb:${role}` });
  const made = new pg.Client({
    host: '127.0.0.1',
    port: gateway.port,
    user: role,
    database: 'authdb',
    password: accessToken,
  });
  made.on('error', () => {});
  return made;
}

/** Lets nobody have the role any more, and has the gateway read that. */
async function closeRole(role: string): Promise<void> {
  const answer = await reload((config) => {
    config.databases.authdb.roles[role].allow = { groups: ['nobody'] };
  });
  expect([answer.status, await answer.text()]).toEqual([200, '{"reloaded":true}']);
}

/** Changes the file of the config, and has the gateway read that as an administrator. */
async function reload(change: (config: ReturnType<typeof parse>) => void): Promise<Response> {
  const { accessToken } = await gateway.tokens('admin', {
    client_id: 'grantway-cli',
    redirect_uri: 'http://127.0.0.1:1/callback',
    scope: 'db:authdb:readonly',
  });
  const config = parse(await readFile(gateway.configFile, 'utf8'));
  change(config);
  await writeFile(gateway.configFile, stringify(config));
  return await fetch(`${gateway.issuer}/api/v1/admin/reload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}` },
  });
}

test('J07 a config that came into force is on record, and one that was refused, with who asked for it', async () => {
  const refused = await reload((config) => {
    config.databases.authdb.nonsense = true;
  });
  expect(refused.status).toBe(400);
  const taken = await reload((config) => {
    delete config.databases.authdb.nonsense;
  });
  expect(taken.status).toBe(200);
  const changes = async () => {
    const { stdout } = await gateway.operator('audit', 'export');
    const records = stdout.split('\n').filter((line) => line.includes('"config_'));
    return records.map((line) => JSON.parse(line));
  };
  const detail = 'local:admin@example.com';
  await expect.poll(changes, { timeout: 15_000 }).toMatchObject([
    { type: 'gateway', action: 'config_refused', detail },
    { type: 'gateway', action: 'config_reloaded', detail },
  ]);
});

test('a client whose secret cannot be read is refused by name, and nothing of the file counts', async () => {
  const refused = await reload((config) => {
    config.clients.early = {
      name: 'Early',
      redirectUris: ['https://early.example/callback'],
      scopes: ['openid'],
    };
    config.clients.late = {
      name: 'Late',
      redirectUris: ['https://late.example/callback'],
      scopes: ['openid'],
      secret: 'env:NOT_SET',
    };
  });
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({
    detail: expect.stringMatching(
      /^clients\.late\.secret: The environment variable NOT_SET is not set\..*\S$/,
    ),
  });
  expect((await gateway.operator('clients', 'list')).stdout).not.toContain('Early');
  const mended = await reload((config) => {
    delete config.clients.early;
    delete config.clients.late;
  });
  expect(mended.status).toBe(200);
});

test('a role whose secret cannot be read is named in the log, and keeps no other from working', async () => {
  const taken = await reload((config) => {
    config.databases.authdb.roles.stranded = {
      login: 'stranded',
      password: 'env:NOT_SET',
      allow: 'everyone',
    };
  });
  expect(taken.status).toBe(200);
  expect(gateway.log()).toContain(
    'databases.authdb.roles.stranded.password: The environment variable NOT_SET is not set.',
  );
});

describe('a reload that takes a role away', () => {
  test('keeps out whoever was let in before it and is still waiting for a connection', async () => {
    const first = await client('viewer', 'readonly');
    await first.connect();
    const second = await client('editor', 'readwrite');
    const connected = second.connect().then(
      () => 'connected',
      (thrown: Error) => thrown.message,
    );
    await closeRole('readwrite');
    expect((await first.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await first.end();
    expect(await connected).not.toBe('connected');
  });

  test('ends the session that somebody has under it', async () => {
    const live = await client('viewer', 'readonly');
    const ended = new Promise<unknown>((resolve) => live.once('error', resolve));
    await live.connect();
    await closeRole('readonly');
    expect(await ended).toMatchObject({
      message: expect.stringContaining('the rules of this database changed'),
    });
  });
});
