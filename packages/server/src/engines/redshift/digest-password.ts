import { createHash } from 'node:crypto';
import { ServerBrokeProtocol } from '../framing/index.ts';
import { int32, message, type PasswordMethod } from '../postgres/for-variations.ts';
import { digestAlgorithm, fromRedshiftClient } from './protocol.ts';

/** Redshift gives 16 bytes of each; nobody needs more. */
const mostChallengeBytes = 1_024;

/**
 * Authentication 13: SHA256(SHA256(password ‖ salt) ‖ server nonce ‖ client nonce). What Redshift keeps of a password
 * is the inner hash, so that whoever reads it can log in with it: as good as a password, and no reason to send one.
 *
 * The request is algorithm, length and salt, length and server nonce; the answer is length and digest, length and
 * client nonce. The drivers' client nonce is the time in milliseconds, as digits.
 */
export function digestPassword(now: () => number): PasswordMethod {
  return (_, password, data) => {
    const { algorithm, salt, serverNonce } = readChallenge(data);
    if (algorithm !== digestAlgorithm.sha256) {
      return {
        outcome: 'impossible',
        why: `it asks for digest algorithm ${algorithm}, and only SHA-256 is known`,
      };
    }
    const clientNonce = Buffer.from(String(now()));
    const inner = createHash('sha256').update(password.reveal()).update(salt).digest();
    const digest = createHash('sha256').update(inner).update(serverNonce).update(clientNonce).digest();
    const body = Buffer.concat([int32(digest.length), digest, int32(clientNonce.length), clientNonce]);
    return { outcome: 'message', bytes: message(fromRedshiftClient.digest, body) };
  };
}

function readChallenge(data: Buffer) {
  if (data.length < 12 || data.length > mostChallengeBytes) throw malformed();
  const saltEnd = 8 + data.readUInt32BE(4);
  if (saltEnd === 8 || saltEnd + 4 > data.length) throw malformed();
  const nonceEnd = saltEnd + 4 + data.readUInt32BE(saltEnd);
  if (nonceEnd === saltEnd + 4 || nonceEnd !== data.length) throw malformed();
  return {
    algorithm: data.readInt32BE(0),
    salt: data.subarray(8, saltEnd),
    serverNonce: data.subarray(saltEnd + 4, nonceEnd),
  };
}

function malformed(): ServerBrokeProtocol {
  return new ServerBrokeProtocol('a digest request has an algorithm, a salt and a nonce');
}
