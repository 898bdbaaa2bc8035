import { randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { stringify } from 'yaml';
import {
  type CertificatePair,
  makeAuthority,
  type TestAuthority,
  writeCertificate,
} from '../../../../tests/support/certificates.ts';
import { loadConfig } from '../config/index.ts';
import { freePort } from '../demo/free-port.ts';
import { type Gateway, startGateway } from './index.ts';

let folder: string;
let authority: TestAuthority;
let gateway: Gateway;
let first: CertificatePair;
let log = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-renewed-'));
  authority = await makeAuthority();
  first = await authority.issue(['127.0.0.1']);
  const tls = await writeCertificate(first, folder, 'server');
  const http = `127.0.0.1:${await freePort()}`;
  const file = join(folder, 'grantway.yaml');
  await writeFile(join(folder, 'master.key'), randomBytes(32).toString('base64'), { mode: 0o600 });
  const config = {
    issuer: `https://${http}`,
    dataDir: './data',
    masterKey: 'file:./master.key',
    listen: { http, postgres: '127.0.0.1:0' },
    tls,
    signIn: { local: {} },
    // Nobody connects to it.
    databases: {
      authdb: {
        engine: 'postgres',
        host: '127.0.0.1',
        tls: 'off',
        roles: { reader: { login: 'reader', password: 'env:NONE', allow: 'everyone' } },
      },
    },
  };
  await writeFile(file, stringify(config));
  const loaded = await loadConfig(file, { env: {} });
  if (loaded.outcome === 'invalid') throw new Error(JSON.stringify(loaded.problems));
  const write = (line: string) => {
    log += line;
  };
  gateway = await startGateway(loaded.config, {
    env: {},
    logger: pino({}, { write }),
  });
});
afterAll(async () => {
  await gateway.close(0);
  await rm(folder, { recursive: true });
});

/** What a door shows, as a fingerprint. */
async function shownAt(door: 'http' | 'postgres'): Promise<string | undefined> {
  const socket = connectTcp(gateway.doors[door]?.port ?? 0, '127.0.0.1');
  if (door === 'postgres') {
    const sslRequest = Buffer.from('0000000804d2162f', 'hex');
    socket.write(sslRequest);
    await once(socket, 'data');
  }
  const secured = connect({ socket, ca: authority.certificate, host: '127.0.0.1' });
  await once(secured, 'secureConnect');
  const { fingerprint256 } = secured.getPeerCertificate();
  secured.destroy();
  return fingerprint256;
}

const fingerprintOf = ({ certificate }: CertificatePair) => new X509Certificate(certificate).fingerprint256;

test('the log says that the door speaks TLS', () => {
  expect(log).toContain(`the HTTP door listens at ${gateway.config.issuer}`);
});

describe('a certificate that was renewed in the files of before', () => {
  it('is shown at every door after a reload', async () => {
    for (const door of ['http', 'postgres'] as const) expect(await shownAt(door)).toBe(fingerprintOf(first));
    const second = await authority.issue(['127.0.0.1']);
    await writeCertificate(second, folder, 'server');
    expect(await gateway.reload('a test')).toEqual({ outcome: 'reloaded' });
    for (const door of ['http', 'postgres'] as const) expect(await shownAt(door)).toBe(fingerprintOf(second));
  });

  it('is refused when it does not belong to its key, and the one of before goes on', async () => {
    const before = await shownAt('http');
    const other = await authority.issue(['127.0.0.1']);
    await writeFile(join(folder, 'server.crt'), other.certificate);
    expect(await gateway.reload('a test')).toMatchObject({ outcome: 'refused' });
    for (const door of ['http', 'postgres'] as const) expect(await shownAt(door)).toBe(before);
  });
});
