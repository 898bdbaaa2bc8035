import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '../core/index.ts';
import { startEmbeddedPostgres } from './index.ts';
import { chooseServerAccount } from './server-account.ts';

let folder: string;
let dataDir: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-embedded-test-'));
  dataDir = join(folder, 'data');
  const account = await chooseServerAccount(dataDir);
  if (account !== undefined) await chown(folder, account.uid, account.gid);
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const options = () => ({
  dataDir,
  superuserPassword: new Secret('super'),
  hba: ['host all all 127.0.0.1/32 scram-sha-256'],
});

async function answers(port: number): Promise<boolean> {
  const socket = createConnection(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

describe('the embedded PostgreSQL', () => {
  test('the server ends when the process that runs it is killed, and starts again on the same data', async () => {
    const program = `
      const { startEmbeddedPostgres } = await import(${JSON.stringify(import.meta.resolve('./index.ts'))});
      const { Secret } = await import(${JSON.stringify(import.meta.resolve('../core/index.ts'))});
      const server = await startEmbeddedPostgres({
        dataDir: ${JSON.stringify(dataDir)}, superuserPassword: new Secret('super'), hba: ['host all all 127.0.0.1/32 scram-sha-256'] });
      console.log(server.port);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [output] = await once(parent.stdout, 'data');
    const port = Number(String(output));
    expect(await answers(port)).toBe(true);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    while (await answers(port)) await setTimeout(20);

    const server = await startEmbeddedPostgres(options());
    expect(await answers(server.port)).toBe(true);
    await server.stop();
    expect(await answers(server.port)).toBe(false);
  });

  test('a data directory that is in use is not touched, and the sentence says so', async () => {
    const server = await startEmbeddedPostgres(options());
    await expect(startEmbeddedPostgres(options())).rejects.toThrow(/runs in .* already/);
    expect(await answers(server.port)).toBe(true);
    await server.stop();
  });

  test('a server that cannot start says why', async () => {
    const refused = startEmbeddedPostgres({ ...options(), settings: { max_connections: 'many' } });
    await expect(refused).rejects.toThrow(/did not start.*invalid value for parameter "max_connections"/s);
  });
});
