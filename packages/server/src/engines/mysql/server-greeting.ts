import { ByteReader } from './byte-reader.ts';
import { capability, nonceBytes, plugin, reply } from './protocol.ts';
import { parseServerError, type ServerError } from './server-error.ts';

/** What a server says first. */
export type ServerGreeting =
  | {
      readonly kind: 'greeting';
      readonly version: string;
      readonly isMariaDb: boolean;
      readonly connectionId: number;
      readonly nonce: Buffer;
      readonly capabilities: number;
      readonly plugin: string;
    }
  | { readonly kind: 'error'; readonly error: ServerError }
  /** It speaks something that we do not. */
  | { readonly kind: 'foreign'; readonly why: string };

/** Reads Protocol::HandshakeV10, or the error that stands in its place. @throws PayloadTooShort */
export function parseServerGreeting(payload: Buffer): ServerGreeting {
  if (payload[0] === reply.error) return { kind: 'error', error: parseServerError(payload) };
  const reader = new ByteReader(payload);
  const protocol = reader.int(1);
  if (protocol !== 10) return { kind: 'foreign', why: `it speaks protocol ${protocol}` };
  const version = reader.untilNul().toString('latin1');
  const connectionId = reader.int(4);
  const nonceStart = reader.bytes(8);
  reader.bytes(1);
  const lowCapabilities = reader.int(2);
  // Character set and status, which the OK of the login says again.
  reader.bytes(3);
  const capabilities = lowCapabilities + reader.int(2) * 0x1_0000;
  if ((capabilities & capability.pluginAuth) === 0) {
    return { kind: 'foreign', why: `it is too old: ${version}` };
  }
  const nonceLength = reader.int(1);
  reader.bytes(10);
  const nonceEnd = reader.bytes(Math.max(13, nonceLength - 8));
  const nonce = Buffer.concat([nonceStart, nonceEnd]).subarray(0, nonceBytes);
  const named = reader.rest().toString('latin1').replace(/\0.*$/s, '');
  return {
    kind: 'greeting',
    version,
    // MariaDB takes the flag of MySQL's clients out of its greeting to make room for capabilities of its own.
    isMariaDb: /mariadb/i.test(version) || (capabilities & capability.longPassword) === 0,
    connectionId,
    nonce,
    capabilities,
    plugin: named === '' ? plugin.native : named,
  };
}
