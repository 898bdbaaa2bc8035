import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appRedirect, startGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.stop());

test('a Python application with Authlib and psycopg connects, renews and revokes without knowing us', async () => {
  const program = join(import.meta.dirname, 'authlib-stranger.py');
  const args = [gateway.issuer, 'backend', gateway.clientSecret, appRedirect, String(gateway.port)];
  const child = spawn('/usr/bin/python3', [program, ...args], {
    env: { PATH: process.env.PATH },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 60_000,
  });
  const lines = createInterface(child.stdout);
  const [url] = (await once(lines, 'line')) as [string];
  const end = await gateway.person('viewer').authorize(new URL(url));
  if (end.kind === 'page') throw new Error(`the browser stayed at ${end.url}:\n${end.html}`);
  child.stdin.end(`${end.to}\n`);
  const [line] = (await once(lines, 'line')) as [string];

  expect(JSON.parse(line)).toEqual({
    connection: ['127.0.0.1', gateway.port, 'authdb', 'readonly'],
    before: 'app_readonly',
    rotated: true,
    after: 'app_readonly',
    revocation: 200,
    'refresh after the revocation': 'invalid_grant',
    'connection after the revocation': expect.stringContaining('not valid any more'),
  });
});
