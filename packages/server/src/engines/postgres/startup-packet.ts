import { Refusal } from '../../core/index.ts';
import { cancelRequestCode, gssEncRequestCode, sslRequestCode } from './protocol.ts';

/** The longest startup packet that we take, its length word included. */
export const mostStartupBytes = 10_000;

/** What a client may send before anything else. */
export type StartupPacket =
  | { readonly kind: 'ssl_request' }
  | { readonly kind: 'gss_enc_request' }
  /** `key` is the process id and the secret, as they came. */
  | { readonly kind: 'cancel'; readonly key: Buffer }
  /** `protocol` is major << 16 | minor. Names are as sent, each at most once. */
  | { readonly kind: 'startup'; readonly protocol: number; readonly parameters: ReadonlyMap<string, string> };

/**
 * Checks the length word of a startup packet, before anything is allocated for it.
 * @throws Refusal `wrong_protocol` for other protocols' first bytes, `protocol_violation`, `login_too_large`
 */
export function startupBodyBytes(lengthWord: Buffer): number {
  const length = lengthWord.readUInt32BE(0);
  // Text ("GET ", "EHLO", "PING") and binary greetings of others read as a length of many megabytes.
  if (length > 0x00ff_ffff) throw new Refusal('wrong_protocol');
  if (length > mostStartupBytes) throw new Refusal('login_too_large');
  if (length < 8) throw violation('a startup packet has at least 8 bytes');
  return length - 4;
}

/**
 * Parses what follows the length word: the version or request code, and the rest. One pass over bounded bytes.
 * @throws Refusal `protocol_violation`, `feature_not_offered` for another major version
 */
export function parseStartupPacket(body: Buffer): StartupPacket {
  const code = body.readUInt32BE(0);
  switch (code) {
    case sslRequestCode:
      if (body.length !== 4) throw violation('an SSLRequest has 8 bytes');
      return { kind: 'ssl_request' };
    case gssEncRequestCode:
      if (body.length !== 4) throw violation('a GSSENCRequest has 8 bytes');
      return { kind: 'gss_enc_request' };
    case cancelRequestCode:
      // Process id, then a secret of 4 (protocol 3.0) to 256 bytes (3.2).
      if (body.length < 12 || body.length > 264) throw violation('a cancel key has 4 to 256 bytes');
      return { kind: 'cancel', key: body.subarray(4) };
    default:
      if (code >>> 16 !== 3) throw unknownVersion(code);
      return { kind: 'startup', protocol: code, parameters: parseParameters(body) };
  }
}

function parseParameters(body: Buffer): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  let at = 4;
  for (;;) {
    const name = cString(body, at);
    at = name.next;
    if (name.text === '') break;
    const value = cString(body, at);
    at = value.next;
    if (parameters.has(name.text)) throw violation(`the parameter ${quoted(name.text)} comes twice`);
    parameters.set(name.text, value.text);
  }
  if (at !== body.length) throw violation('bytes follow the end of the startup packet');
  return parameters;
}

function cString(bytes: Buffer, start: number): { readonly text: string; readonly next: number } {
  const nul = bytes.indexOf(0, start);
  if (nul === -1) throw violation('the startup packet has no end');
  return { text: bytes.toString('utf8', start, nul), next: nul + 1 };
}

/** A client's word for an error message: short, and without anything that could play tricks on a terminal. */
export function quoted(word: string): string {
  return JSON.stringify(word.length > 63 ? `${word.slice(0, 63)}…` : word);
}

/** The refusal of a protocol version, given as major << 16 | minor. */
export function unknownVersion(code: number): Refusal {
  return new Refusal('feature_not_offered', {
    what: `Version ${code >>> 16}.${code & 0xffff} of the protocol`,
  });
}

function violation(what: string): Refusal {
  return new Refusal('protocol_violation', { what });
}
