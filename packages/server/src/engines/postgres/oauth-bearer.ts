import type { Duplex } from 'node:stream';
import { Refusal, Secret } from '../../core/index.ts';
import { endWith } from '../framing/index.ts';
import { cStrings, fatalError, int32, message } from './messages.ts';
import { authentication, fromClient, fromServer } from './protocol.ts';
import { readAnswer } from './token-request.ts';

const mechanism = 'OAUTHBEARER';
const answer = { type: fromClient.password, name: 'a SASL message' };
/** Stands between the parts of a message (RFC 7628, section 3.1). */
const separator = '\u0001';

/** Where a client that has no token yet can get one. */
export interface BearerOffer {
  readonly issuer: string;
  /** As the client named it, and not looked up: nobody has signed in. */
  readonly database: string;
}

/**
 * Asks by SASL OAUTHBEARER (RFC 7628), for clients that sign in by themselves as psql 18 does. Such a client comes twice:
 * first without a token, to be told where to get one, and that is no failed login. A good token is answered by
 * AuthenticationOk alone: libpq takes a message AuthenticationSASLFinal for an error.
 *
 * Source: documentation chapter "Frontend/Backend Protocol", section "SASL Authentication"; `fe-auth-oauth.c`.
 * @throws Refusal `protocol_violation`, `login_too_large`
 */
export async function askByBearer(socket: Duplex, offer: BearerOffer): Promise<Secret | 'left'> {
  socket.write(ask(authentication.sasl, Buffer.concat([cStrings(mechanism), Buffer.of(0)])));
  const first = await readAnswer(socket, answer);
  if (first === 'left') return 'left';
  const response = initialResponse(first) ?? (await emptyChallenge(socket));
  if (response === 'left') return 'left';
  const token = tokenIn(response);
  if (token !== undefined) return new Secret(token);

  socket.write(ask(authentication.saslContinue, Buffer.from(JSON.stringify(discovery(offer)))));
  if ((await readAnswer(socket, answer)) === 'left') return 'left';
  await endWith(socket, fatalError(new Refusal('token_missing')));
  return 'left';
}

function ask(code: number, body: Buffer): Buffer {
  return message(fromServer.authentication, Buffer.concat([int32(code), body]));
}

/** For a client that sends nothing with the name of the mechanism. */
async function emptyChallenge(socket: Duplex): Promise<Buffer | 'left'> {
  socket.write(ask(authentication.saslContinue, Buffer.alloc(0)));
  return await readAnswer(socket, answer);
}

/** What came with the name of the mechanism; undefined when nothing did. @throws Refusal `protocol_violation` */
function initialResponse(body: Buffer): Buffer | undefined {
  const end = body.indexOf(0);
  if (end < 0 || body.toString('latin1', 0, end) !== mechanism || body.length < end + 5) throw malformed();
  const length = body.readInt32BE(end + 1);
  const response = body.subarray(end + 5);
  if (length === -1 && response.length === 0) return undefined;
  if (length !== response.length) throw malformed();
  return response;
}

/** The token, or undefined for a client that has none yet. @throws Refusal `protocol_violation` */
function tokenIn(response: Buffer): string | undefined {
  const [header = '', ...parts] = response.toString('latin1').split(separator);
  const [last, end, ...pairs] = parts.toReversed();
  // No channel binding (`p=`), which is not ours to give, and nobody to act for (`a=`).
  if (!/^[ny],,$/.test(header) || last !== '' || end !== '') throw malformed();
  const [auth, ...others] = pairs.filter((pair) => pair.startsWith('auth='));
  if (auth === undefined || others.length > 0) throw malformed();
  if (auth === 'auth=') return undefined;
  const [, token] = /^auth=Bearer +([A-Za-z0-9\-._~+/]+=*)$/i.exec(auth) ?? [];
  if (token === undefined) throw malformed();
  return token;
}

/** These three keys are all that libpq reads, and `status` is what makes it go on. */
function discovery({ issuer, database }: BearerOffer): object {
  return {
    status: 'invalid_token',
    'openid-configuration': `${issuer}/.well-known/openid-configuration`,
    // A name that no scope can hold is nobody's database here.
    ...(/^[\w.-]+$/.test(database) && { scope: `db:${database}` }),
  };
}

function malformed(): Refusal {
  return new Refusal('protocol_violation', { what: `this is no message of ${mechanism}` });
}
