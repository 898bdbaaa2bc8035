import { afterEach, expect, test } from 'vitest';
import { testDatabase, testPermit } from '../../../../../tests/support/engine-door.ts';
import {
  letIn,
  type ScriptedMysql,
  scriptedNonce,
  startScriptedMysql,
} from '../../../../../tests/support/scripted-mysql.ts';
import { Secret } from '../../core/index.ts';
import { offeredCapabilities } from './client-settings.ts';
import { mysqlEngine } from './index.ts';
import type { PacketExchange } from './packet-exchange.ts';
import { authSwitch, moreAuthData } from './packets.ts';
import { nativeProof, sha2Proof } from './plugins/index.ts';
import { cachingSha2, plugin } from './protocol.ts';

const password = new Secret('a password of 8.4');
const login = 'app_readonly';
const switchNonce = Buffer.from('ABCDEFGHIJKLMNOPQRST');
const proofs = {
  native: nativeProof(password, switchNonce),
  cachingSha2: sha2Proof(password, switchNonce),
};

let server: ScriptedMysql | undefined;
afterEach(() => server?.close());

/** The account's plugin is not the greeting's: the server switches, and has to get this proof. */
const switchTo = (name: string, proof: Buffer) => async (exchange: PacketExchange) => {
  exchange.send(authSwitch(name, switchNonce));
  expect(await exchange.receive()).toEqual(proof);
};

/** What servers of 8.0 and 8.4 have, and the ones that we test with have not. */
const logins: readonly [what: string, greeted: string, step: (exchange: PacketExchange) => Promise<void>][] =
  [
    [
      'mysql_native_password behind a greeting of caching_sha2_password',
      plugin.cachingSha2,
      switchTo(plugin.native, proofs.native),
    ],
    [
      'caching_sha2_password behind a greeting of mysql_native_password',
      plugin.native,
      async (exchange) => {
        await switchTo(plugin.cachingSha2, proofs.cachingSha2)(exchange);
        exchange.send(moreAuthData(Buffer.of(cachingSha2.fastSuccess)));
      },
    ],
    ['mysql_native_password, as greeted', plugin.native, async () => {}],
  ];

test.for(logins)(
  'a server that was written after MySQL 8.4 is logged in to by %s',
  async ([, greeted, step]) => {
    let response: Buffer | undefined;
    server = await startScriptedMysql({
      greeting: { serverVersion: '8.4.6', plugin: greeted },
      script: async (exchange, payload) => {
        response = payload;
        await step(exchange);
        await letIn(exchange);
      },
    });
    const database = testDatabase({ host: '127.0.0.1', port: server.port, engine: 'mysql' }, login);
    const upstream = await mysqlEngine.connect(testPermit(database, login), {
      database,
      login,
      password,
      settings: new Map([
        ['capabilities', String(offeredCapabilities)],
        ['collation', '255'],
      ]),
      connectTimeoutMs: 5_000,
      request: 'r-1',
    });
    upstream.close();
    const first =
      greeted === plugin.native ? nativeProof(password, scriptedNonce) : sha2Proof(password, scriptedNonce);
    expect(response?.includes(first)).toBe(true);
    expect(response?.includes(`${greeted}\0`)).toBe(true);
  },
);
