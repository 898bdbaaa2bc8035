import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority } from '../../../../../tests/support/certificates.ts';
import { testDatabase, testPermit } from '../../../../../tests/support/engine-door.ts';
import {
  type ScriptedMysql,
  type ScriptOptions,
  scriptedCapabilities,
  scriptedNonce,
  startScriptedMysql,
} from '../../../../../tests/support/scripted-mysql.ts';
import { Refusal, Secret, type UpstreamTls } from '../../core/index.ts';
import { offeredCapabilities } from './client-settings.ts';
import { mysqlEngine } from './index.ts';
import type { PacketExchange } from './packet-exchange.ts';
import { authSwitch, errorReply, moreAuthData, packet, plainOk } from './packets.ts';
import { capability, plugin } from './protocol.ts';

const password = 'the-secret-of-the-vault';
const login = 'app_readonly';

let folder: string;
let caFile: string;
let tls: SecureContext;
let server: ScriptedMysql | undefined;

beforeAll(async () => {
  const authority = await makeAuthority();
  const pair = await authority.issue(['127.0.0.1']);
  tls = createSecureContext({ cert: pair.certificate, key: pair.privateKey });
  folder = await mkdtemp(join(tmpdir(), 'grantway-rogue-test-'));
  caFile = join(folder, 'ca.pem');
  await writeFile(caFile, authority.certificate);
});
afterEach(() => server?.close());
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What came of dialling a server that follows this script. */
async function dial(options: ScriptOptions, mode: UpstreamTls = 'off') {
  server = await startScriptedMysql(options);
  const where = { host: '127.0.0.1', port: server.port, engine: 'mysql', tls: mode, tlsCa: caFile } as const;
  const database = testDatabase(where, login);
  return await mysqlEngine
    .connect(testPermit(database, login), {
      database,
      login,
      password: new Secret(password),
      settings: new Map([
        ['capabilities', String(offeredCapabilities)],
        ['collation', '45'],
      ]),
      connectTimeoutMs: 2_000,
      request: 'r-1',
    })
    .catch((thrown: unknown) => thrown);
}

async function refusalOf(options: ScriptOptions, mode?: UpstreamTls): Promise<Refusal> {
  const outcome = await dial(options, mode);
  if (!(outcome instanceof Refusal)) throw new Error(`not refused: ${String(outcome)}`);
  expect(server?.received().includes(password)).toBe(false);
  return outcome;
}

const sendAll =
  (...payloads: readonly Buffer[]): ScriptOptions['script'] =>
  async (exchange) => {
    for (const payload of payloads) {
      exchange.send(payload);
      await exchange.receive();
    }
  };

describe('A13 a server that is not what it should be gets nothing', () => {
  test.for([plugin.clear, plugin.dialog])(
    'D05 when it wants %s and has not proved who it is',
    async (name) => {
      const script = sendAll(authSwitch(name, scriptedNonce), plainOk);
      const refusal = await refusalOf({ script, tls }, 'require');
      expect(refusal.code).toBe('upstream_refused_login');
      expect(String(refusal.cause)).toContain('does not prove who it is');
    },
  );

  const wanted: readonly [what: string, payload: Buffer, cause: RegExp][] = [
    ['a plugin that nobody knows', authSwitch('give_me_all', scriptedNonce), /give_me_all/],
    ['a password of MySQL 4.0', Buffer.of(0xfe), /4\.0/],
    ['old passwords by name', authSwitch('mysql_old_password', scriptedNonce), /mysql_old_password/],
    ['Windows authentication', authSwitch('authentication_windows_client', scriptedNonce), /windows/],
    ['a second factor', Buffer.concat([Buffer.of(2), Buffer.from('dialog\0')]), /second factor/],
    ['something that is no plugin’s', moreAuthData(Buffer.from('x')), /goes on/],
    ['a public key that is none', moreAuthData(Buffer.from('-----BEGIN PUBLIC KEY-----')), /RSA key/],
  ];
  test.for(wanted)('when it wants %s', async ([, payload, cause]) => {
    const refusal = await refusalOf({ script: sendAll(payload) });
    expect(refusal.code).toBe('upstream_refused_login');
    expect(String(refusal.cause)).toMatch(cause);
  });

  test('when it changes the plugin twice', async () => {
    const script = sendAll(
      authSwitch(plugin.native, scriptedNonce),
      authSwitch(plugin.cachingSha2, scriptedNonce),
    );
    expect(String((await refusalOf({ script })).cause)).toContain('twice');
  });

  test('when it asks on and on', async () => {
    const script = sendAll(...Array.from({ length: 20 }, () => moreAuthData(Buffer.of(3))));
    expect((await refusalOf({ script })).code).toMatch(/^upstream_/);
  });

  test.for([
    ['an elliptic curve', generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey],
    ['a key too small for the password', generateKeyPairSync('rsa', { modulusLength: 512 }).publicKey],
  ] as const)('for %s as its RSA key', async ([, key]) => {
    const pem = Buffer.from(key.export({ type: 'spki', format: 'pem' }));
    const script = sendAll(moreAuthData(Buffer.of(4)), moreAuthData(pem));
    expect(String((await refusalOf({ script })).cause)).toContain('RSA key');
  });

  test('when it shows an RSA key inside TLS, where nobody asked for one', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = Buffer.from(publicKey.export({ type: 'spki', format: 'pem' }));
    const refusal = await refusalOf({ script: sendAll(moreAuthData(pem)), tls }, 'verify-full');
    expect(String(refusal.cause)).toContain('goes on');
  });

  test.for(['require', 'verify-ca', 'verify-full'] as const)(
    'D05 when it has no TLS for tls: %s',
    async (mode) => {
      const refusal = await refusalOf({ script: sendAll(plainOk) }, mode);
      expect(refusal.code).toBe('upstream_untrusted');
      expect(server?.received().length).toBe(0);
    },
  );

  test('A01 when bytes in the clear stand behind its greeting, before TLS', async () => {
    const behindGreeting = packet(1, plainOk);
    const refusal = await refusalOf({ behindGreeting, tls, script: sendAll(plainOk) }, 'verify-full');
    expect(refusal.code).toBe('upstream_untrusted');
    expect(String(refusal.cause)).toContain('in the clear');
  });

  const greetings: readonly [
    what: string,
    greeting: NonNullable<ScriptOptions['greeting']>,
    cause: RegExp,
  ][] = [
    ['without plugins', { capabilities: scriptedCapabilities & ~capability.pluginAuth }, /too old/],
    ['that cannot do what the client can', { capabilities: capability.pluginAuth | 0x200 }, /lacks/],
  ];
  test.for(greetings)('with a greeting %s', async ([, greeting, cause]) => {
    expect(String((await refusalOf({ greeting, script: sendAll(plainOk) })).cause)).toMatch(cause);
  });

  const broken: readonly [what: string, write: (exchange: PacketExchange) => Buffer][] = [
    ['a packet out of order', (exchange) => packet(exchange.sequence + 1, plainOk)],
    ['a packet of 16 MiB', () => Buffer.from('ffffff02', 'hex')],
    ['a packet that is cut short', (exchange) => packet(exchange.sequence, Buffer.from([0xfe, 0x61]))],
  ];
  test.for(broken)('for %s', async ([, write]) => {
    const refusal = await refusalOf({
      script: async (exchange) => exchange.transport.write(write(exchange)),
    });
    expect(refusal.code).toMatch(/^upstream_untrusted$/);
  });

  test('when it says nothing at all, and not for long', async () => {
    const refusal = await refusalOf({ script: async () => {} });
    expect(refusal.code).toBe('upstream_unreachable');
  });

  test('when it says yes and is no MySQL', async () => {
    const refusal = await refusalOf({
      script: async (exchange) => {
        exchange.send(plainOk);
        exchange.transport.write(packet(1, errorReply(1064, 'no')));
      },
    });
    expect(String(refusal.cause)).toContain('neither MySQL 8 nor MariaDB');
  });
});

describe('the password itself', () => {
  test.for([plugin.clear, plugin.dialog])(
    'goes out by %s to a server that has proved who it is',
    async (name) => {
      const script = sendAll(authSwitch(name, Buffer.from('\u0002Password: ')), errorReply(1045, 'no'));
      await dial({ script, tls }, 'verify-full');
      expect(server?.received().includes(`${password}\0`)).toBe(true);
    },
  );

  test.for([
    ['caching_sha2_password', moreAuthData(Buffer.of(4))],
    ['sha256_password', authSwitch(plugin.sha256, scriptedNonce)],
  ] as const)('D05 goes out by %s inside TLS, and never in clear without', async ([, ask]) => {
    await dial({ script: sendAll(ask, errorReply(1045, 'no')), tls }, 'require');
    expect(server?.received().includes(`${password}\0`)).toBe(true);
    await server?.close();
    await dial({ script: sendAll(ask, errorReply(1045, 'no')) }, 'off');
    expect(server?.received().includes(password)).toBe(false);
  });
});
