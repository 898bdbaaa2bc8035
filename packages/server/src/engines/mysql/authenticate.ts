import type { Secret, UpstreamTls } from '../../core/index.ts';
import { ByteReader } from './byte-reader.ts';
import type { PacketExchange } from './packet-exchange.ts';
import { cString } from './packets.ts';
import { ed25519Signature, nativeProof, parsecAnswer, sealPassword, sha2Proof } from './plugins/index.ts';
import { cachingSha2, nonceBytes, plugin, reply } from './protocol.ts';
import { parseServerError, type ServerError } from './server-error.ts';

/** How the server answered to our login. Everything but `ok` ends the connection. */
export type Authentication =
  /** With the payload of the server's OK. */
  | { readonly outcome: 'ok'; readonly payload: Buffer }
  | { readonly outcome: 'ended' }
  | { readonly outcome: 'refused'; readonly error: ServerError }
  /** It wants something that we have not, or will not give. */
  | { readonly outcome: 'impossible'; readonly why: string };

/** What a plugin gets to know: the login, and over what it goes. */
export interface LoginSecret {
  readonly password: Secret | undefined;
  readonly tls: UpstreamTls;
}

/** A plugin that the server has chosen. */
interface Chosen {
  readonly name: string;
  readonly nonce: Buffer;
}

/** Exchanges of a plugin are shorter; a server may not keep us here for ever. */
const mostPackets = 8;

/**
 * What goes out with the handshake response: the proof that the greeting asks for. For plugins that give away more
 * than a proof we name caching_sha2_password, and let the server say again what it wants for this account.
 */
export function firstProof(
  { name, nonce }: Chosen,
  { password }: LoginSecret,
): { plugin: string; data: Buffer } {
  const chosen = name === plugin.native ? plugin.native : plugin.cachingSha2;
  if (password === undefined) return { plugin: chosen, data: Buffer.alloc(0) };
  const data = chosen === plugin.native ? nativeProof(password, nonce) : sha2Proof(password, nonce);
  return { plugin: chosen, data };
}

/**
 * Proves to the server who we are, after the handshake response. The server may choose another plugin once.
 *
 * What leaves, by what the server has proved of itself:
 *
 * | | verify-full, verify-ca | require | off (this machine) |
 * | --- | --- | --- | --- |
 * | a proof or signature: mysql_native_password, caching_sha2_password (fast), client_ed25519, parsec | yes | yes | yes |
 * | the password: caching_sha2_password (full), sha256_password | inside TLS | inside TLS | for its RSA key |
 * | the password: mysql_clear_password, dialog | inside TLS | never | in clear |
 *
 * `require` says that the operator does without proof; a server can then still not fall back to the two plugins that
 * every rogue server asks for. Anything else (old passwords, Windows, second factors) is refused.
 *
 * @throws PayloadTooShort, and what the exchange throws
 */
export async function authenticate(
  exchange: PacketExchange,
  first: Chosen,
  secret: LoginSecret,
): Promise<Authentication> {
  let chosen = { ...first, name: firstProof(first, secret).plugin };
  let switched = false;
  for (let packets = 0; packets < mostPackets; packets += 1) {
    const payload = await exchange.receive();
    if (payload === 'ended') return { outcome: 'ended' };
    switch (payload[0]) {
      case reply.ok:
        return { outcome: 'ok', payload };
      case reply.error:
        return { outcome: 'refused', error: parseServerError(payload) };
      case reply.nextAuthFactor:
        return impossible('it asks for a second factor');
      case reply.authSwitch: {
        if (payload.length === 1) return impossible('it asks for a password of MySQL 4.0');
        if (switched) return impossible('it changes the authentication plugin twice');
        switched = true;
        const reader = new ByteReader(payload.subarray(1));
        chosen = { name: reader.untilNul().toString('latin1'), nonce: reader.rest() };
        const answer = answerToSwitch(chosen, secret);
        if (!Buffer.isBuffer(answer)) return answer;
        exchange.send(answer);
        break;
      }
      default: {
        // MariaDB sends what a plugin says as it is, unless it could be taken for something else.
        const said = payload[0] === reply.moreAuthData ? payload.subarray(1) : payload;
        const answer = await answerToMore(chosen, secret, said);
        if (answer === 'wait') break;
        if (!Buffer.isBuffer(answer)) return answer;
        exchange.send(answer);
      }
    }
  }
  return impossible('its login has no end');
}

/** The first packet of a plugin that the server has switched to. */
function answerToSwitch({ name, nonce }: Chosen, secret: LoginSecret): Buffer | Authentication {
  const { password, tls } = secret;
  if (password === undefined) return impossible(`it asks for ${name}, and the role has no password`);
  switch (name) {
    case plugin.native:
      return nativeProof(password, nonce.subarray(0, nonceBytes));
    case plugin.cachingSha2:
      return sha2Proof(password, nonce.subarray(0, nonceBytes));
    case plugin.sha256:
      return tls === 'off' ? Buffer.of(sha256KeyRequest) : cString(password.reveal());
    case plugin.ed25519:
      return ed25519Signature(password, nonce.subarray(0, signedNonceBytes));
    case plugin.parsec:
      // An empty packet asks for the salt.
      return Buffer.alloc(0);
    case plugin.clear:
    case plugin.dialog:
      // The prompt of dialog came as its nonce; PAM's first question is for the password.
      if (tls === 'require') {
        return impossible(
          `it asks for ${name}, that is the password, and tls: require does not prove who it is`,
        );
      }
      return cString(password.reveal());
    default:
      return impossible(`it asks for the authentication plugin ${JSON.stringify(name.slice(0, 64))}`);
  }
}

/** What a plugin answers in the middle of its exchange; `wait` when the server says the last word by itself. */
async function answerToMore(
  { name, nonce }: Chosen,
  { password, tls }: LoginSecret,
  said: Buffer,
): Promise<Buffer | Authentication | 'wait'> {
  if (password === undefined) return impossible('it asks for a password, and the role has none');
  const isPublicKey = said[0] === pemMark && tls === 'off';
  switch (name) {
    case plugin.cachingSha2:
      if (said.length === 1 && said[0] === cachingSha2.fastSuccess) return 'wait';
      if (said.length === 1 && said[0] === cachingSha2.fullAuthentication) {
        return tls === 'off' ? Buffer.of(cachingSha2.requestPublicKey) : cString(password.reveal());
      }
      if (isPublicKey) return sealed(password, nonce, said);
      break;
    case plugin.sha256:
      if (isPublicKey) return sealed(password, nonce, said);
      break;
    case plugin.parsec: {
      const answer = await parsecAnswer(password, nonce.subarray(0, signedNonceBytes), said);
      return answer === 'unusable' ? impossible('its parsec parameters cannot be used') : answer;
    }
  }
  return impossible(`it goes on after ${JSON.stringify(name.slice(0, 64))}`);
}

function sealed(password: Secret, nonce: Buffer, pem: Buffer): Buffer | Authentication {
  const answer = sealPassword(password, nonce.subarray(0, nonceBytes), pem);
  return answer === 'unusable' ? impossible('its RSA key cannot be used') : answer;
}

/** sha256_password asks for the RSA key by another byte than its successor. */
const sha256KeyRequest = 0x01;
/** MariaDB's signatures are over nonces of 32 bytes. */
const signedNonceBytes = 32;
/** A PEM document begins with a hyphen. */
const pemMark = 0x2d;

function impossible(why: string): Authentication {
  return { outcome: 'impossible', why };
}
