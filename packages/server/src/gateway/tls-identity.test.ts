import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadTlsIdentity, type TlsIdentity } from './tls-identity.ts';

let dataDir: string;
let identity: TlsIdentity;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'grantway-tls-'));
  identity = await loadTlsIdentity({ dataDir, issuer: 'https://access.example.com' });
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

test('the self-made certificate is no authority, which rustls takes from no server', () => {
  expect(new X509Certificate(identity.certificate).ca).toBe(false);
});

test.each(['access.example.com', 'localhost'])(
  'a client that names its file as the root trusts it as %s',
  async (servername) => {
    const server = createServer({ cert: identity.certificate, key: identity.privateKey }).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = connect({ host: '127.0.0.1', port, servername, ca: identity.certificate });
    await once(client, 'secureConnect');
    expect(client.authorized).toBe(true);
    client.destroy();
    server.close();
  },
);
