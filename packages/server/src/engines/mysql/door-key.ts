import { constants, generateKeyPair, type KeyObject, privateDecrypt } from 'node:crypto';
import { promisify } from 'node:util';

interface DoorKey {
  readonly publicPem: string;
  readonly privateKey: KeyObject;
}

let made: Promise<DoorKey> | undefined;

/**
 * The key that clients without TLS encrypt their token with. Made when the first of them asks, kept for the life of
 * the process. Only doors on loopback take such clients, so nobody can put another key in its place on the way.
 */
function doorKey(): Promise<DoorKey> {
  made ??= makeKey();
  return made;
}

async function makeKey(): Promise<DoorKey> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return { publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(), privateKey };
}

/** The public half as PEM, as clients ask for it. */
export async function doorPublicKey(): Promise<string> {
  return (await doorKey()).publicPem;
}

/** Opens what a client encrypted for us; `unreadable` for anything that was not. */
export async function openSealed(sealed: Buffer): Promise<Buffer | 'unreadable'> {
  const { privateKey: key } = await doorKey();
  try {
    return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, sealed);
  } catch {
    return 'unreadable';
  }
}
