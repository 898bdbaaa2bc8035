import { Refusal, Secret } from '../../core/index.ts';
import { ByteReader, PayloadTooShort } from './byte-reader.ts';
import { doorPublicKey, openSealed } from './door-key.ts';
import type { PacketExchange } from './packet-exchange.ts';
import { authSwitch, type HandshakeResponse, moreAuthData } from './packets.ts';
import { xorRepeating } from './plugins/index.ts';
import { cachingSha2, plugin } from './protocol.ts';

/** What asking needs to know of the handshake so far. */
export interface Asking {
  readonly exchange: PacketExchange;
  /** The nonce of our greeting. */
  readonly nonce: Buffer;
  readonly response: Pick<HandshakeResponse, 'plugin' | 'authData'>;
  readonly encrypted: boolean;
  /** False when the client is signed in without one: then it may be empty. */
  readonly needed: boolean;
}

/**
 * Gets the access token out of a client, by the plugin that it names. Stock clients name `caching_sha2_password` or
 * can be switched to it, and then give a password in clear inside TLS without any option.
 *
 * @throws Refusal `token_missing`, `protocol_violation`, `login_too_large`
 */
export async function askForToken(asking: Asking): Promise<Secret | 'left'> {
  const given = await passwordOf(asking);
  if (given !== 'left' && given.length === 0 && asking.needed) throw new Refusal('token_missing');
  return given;
}

async function passwordOf(asking: Asking): Promise<Secret | 'left'> {
  switch (asking.response.plugin) {
    case plugin.clear:
      return await askInClear(asking);
    case plugin.openId:
      return await askForIdToken(asking);
    default:
      return await askByCachingSha2(asking);
  }
}

/** `mysql_clear_password`: one packet, which some clients send along with the handshake response. */
async function askInClear({ exchange, nonce, response }: Asking): Promise<Secret | 'left'> {
  if (response.authData.length > 0) return password(response.authData);
  exchange.send(authSwitch(plugin.clear, nonce));
  const answer = await exchange.receive();
  return answer === 'ended' ? 'left' : password(answer);
}

/** MySQL 9's OpenID Connect plugin: a capability byte and the length-encoded token, which has no NUL behind it. */
async function askForIdToken({ exchange, nonce, response }: Asking): Promise<Secret | 'left'> {
  let answer: Buffer | 'ended' = response.authData;
  if (answer.length === 0) {
    exchange.send(authSwitch(plugin.openId, nonce));
    answer = await exchange.receive();
  }
  if (answer === 'ended') return 'left';
  try {
    const reader = new ByteReader(answer);
    reader.int(1);
    return new Secret(reader.lengthEncodedBytes().toString());
  } catch (thrown) {
    if (thrown instanceof PayloadTooShort) throw violation('the identity token is cut short');
    throw thrown;
  }
}

/**
 * `caching_sha2_password`: the client proves first that it knows a password, by a hash that is of no use to us, since
 * tokens are stored as another hash; "full authentication" then makes it send the password itself.
 */
async function askByCachingSha2(asking: Asking): Promise<Secret | 'left'> {
  const { exchange, nonce, response, encrypted } = asking;
  let proof: Buffer | 'ended' = response.authData;
  if (response.plugin !== plugin.cachingSha2) {
    exchange.send(authSwitch(plugin.cachingSha2, nonce));
    proof = await exchange.receive();
  }
  if (proof === 'ended') return 'left';
  // Without a password the proof is empty, or a single NUL.
  if (proof.length <= 1) return new Secret('');
  exchange.send(moreAuthData(Buffer.of(cachingSha2.fullAuthentication)));
  const answer = await exchange.receive();
  if (answer === 'ended') return 'left';
  const wantsKey = answer.length === 1 && answer[0] === cachingSha2.requestPublicKey;
  return encrypted || !wantsKey ? password(answer) : await askSealed(asking);
}

/** The client will not send a password in clear without TLS, but encrypts it with our key. */
async function askSealed({ exchange, nonce }: Asking): Promise<Secret | 'left'> {
  exchange.send(moreAuthData(Buffer.from(await doorPublicKey())));
  const sealed = await exchange.receive();
  if (sealed === 'ended') return 'left';
  const opened = await openSealed(sealed);
  if (opened === 'unreadable') throw violation('the password was not encrypted with the key of this server');
  return password(xorRepeating(opened, nonce));
}

/** A password ends with the one NUL byte in it. */
function password(bytes: Buffer): Secret {
  if (bytes.indexOf(0) !== bytes.length - 1) {
    throw violation('a password ends with the one NUL byte in it');
  }
  return new Secret(bytes.toString('utf8', 0, bytes.length - 1));
}

function violation(what: string): Refusal {
  return new Refusal('protocol_violation', { what });
}
