import type { Duplex } from 'node:stream';
import { Refusal, Secret } from '../../core/index.ts';
import { readExactly } from '../framing/index.ts';
import { cleartextPasswordRequest } from './messages.ts';
import { fromClient } from './protocol.ts';

/** A way to ask a client for its access token. */
export interface TokenRequest {
  readonly message: Buffer;
  /** The type of the one message that answers it, and what a client is told that sends another. */
  readonly answer: { readonly type: number; readonly name: string };
  /** The token in the body of that message; empty when there is none. @throws Refusal `protocol_violation` */
  read(body: Buffer): string;
}

/**
 * The longest token that a message may carry: an identity provider's JWT may be long, and together with one read of
 * the socket nobody who has not signed in may make us hold more than 64 KiB for long.
 */
const mostTokenBytes = 16_384;

/** As a password, in clear inside TLS: stock clients need no option for that. */
export const passwordRequest: TokenRequest = {
  message: cleartextPasswordRequest,
  answer: { type: fromClient.password, name: 'a password message' },
  read(body) {
    if (body.indexOf(0) !== body.length - 1) {
      throw new Refusal('protocol_violation', { what: 'a password ends with the one NUL byte in it' });
    }
    return body.toString('utf8', 0, body.length - 1);
  },
};

/**
 * Asks and reads the answer. A client that has no password leaves here to ask its person, and comes again.
 * @throws Refusal `protocol_violation`, `login_too_large`, `token_missing`
 */
export async function askForToken(
  socket: Duplex,
  { message, answer, read }: TokenRequest,
): Promise<Secret | 'left'> {
  socket.write(message);
  const body = await readAnswer(socket, answer);
  if (body === 'left') return 'left';
  const token = read(body);
  if (token === '') throw new Refusal('token_missing');
  return new Secret(token);
}

/**
 * The body of the one message that may come now; its length is checked before anything is allocated for it.
 * @throws Refusal `protocol_violation`, `login_too_large`
 */
export async function readAnswer(
  socket: Duplex,
  { type, name }: TokenRequest['answer'],
): Promise<Buffer | 'left'> {
  const header = await readExactly(socket, 5);
  if (header === 'ended') return 'left';
  if (header[0] !== type) throw new Refusal('protocol_violation', { what: `${name} was expected` });
  const length = header.readUInt32BE(1) - 4;
  if (length > mostTokenBytes + 1) throw new Refusal('login_too_large');
  if (length < 1) throw new Refusal('protocol_violation', { what: `${name} is too short` });
  const body = await readExactly(socket, length);
  return body === 'ended' ? 'left' : body;
}
