import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  // Node itself, the store, the audit and the doors take about fifty.
  gateway = await startGateway({ descriptors: 120 });
});
afterAll(() => gateway?.stop());

async function signedIn(password: string): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: gateway.port,
    user: 'me',
    database: 'authdb',
    password,
  });
  client.on('error', () => {});
  await client.connect();
  return client;
}

test('K13 a process without file descriptors says so in the log, keeps its sessions, and takes connections again', async () => {
  const { accessToken } = await gateway.tokens('viewer');
  const live = await signedIn(accessToken);

  const sockets: Socket[] = [];
  const refused = Promise.withResolvers<void>();
  for (let opened = 0; opened < 150; opened++) {
    const socket = connect(gateway.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.once('close', () => refused.resolve());
    sockets.push(socket);
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  }
  await refused.promise;
  await expect.poll(() => gateway.log(), { timeout: 20_000 }).toContain('no file descriptors are left');
  expect((await live.query('SELECT session_user AS who')).rows).toEqual([{ who: 'app_readonly' }]);

  for (const socket of sockets) socket.destroy();
  await expect
    .poll(
      async () => {
        const late = await signedIn(accessToken).catch(() => undefined);
        await late?.end();
        return late !== undefined;
      },
      { timeout: 20_000 },
    )
    .toBe(true);
  expect((await fetch(`${gateway.issuer}/healthz`)).status).toBe(200);
  await live.end();
});
