import type { Secret } from '../../core/index.ts';
import { ServerBrokeProtocol, type Wire } from '../framing/index.ts';
import { channelBindingOf } from './channel-binding.ts';
import { parseErrorResponse, type ServerError } from './error-response.ts';
import { cStrings, int32, message } from './messages.ts';
import { authentication, fromClient, fromServer } from './protocol.ts';
import { readMessage } from './read-message.ts';
import { chooseScram, ScramExchange } from './scram.ts';
import type { LoginProof } from './variation.ts';

/** How the server answered to our login. Everything but `ok` ends the connection. */
export type Authentication =
  | { readonly outcome: 'ok' }
  | { readonly outcome: 'ended' }
  | { readonly outcome: 'refused'; readonly error: ServerError }
  /** It wants something that we have not, or will not give. */
  | { readonly outcome: 'impossible'; readonly why: string }
  /** It failed to prove that it knows the password. */
  | { readonly outcome: 'not_genuine' };

/**
 * Proves to the server who we are, by the method that it asks for, if it is one of the proof's. The startup
 * packet has been sent. The wire is TLS as configured, or loopback, so a password in clear goes nowhere else.
 *
 * @throws ServerBrokeProtocol
 */
export async function authenticate(
  wire: Wire,
  login: string,
  password: Secret | undefined,
  { methods, scram, unasked }: Omit<LoginProof, 'startup'>,
): Promise<Authentication> {
  const request = await nextRequest(wire);
  if (request.kind !== 'request') return request.end;
  if (request.code === authentication.ok)
    return unasked ? { outcome: 'ok' } : impossible('it lets somebody in without asking who');
  if (password === undefined) return impossible('it asks for a password, and the role has none');
  if (request.code === authentication.sasl && scram) return await scramLogin(wire, password, request.data);
  const answer = methods.get(request.code)?.(login, password, request.data);
  if (answer === undefined) return impossible(`it asks for authentication method ${request.code}`);
  if (answer.outcome === 'impossible') return answer;
  wire.write(answer.bytes);
  // One method, one answer: a server that asks again, perhaps for something weaker, is refused.
  const verdict = await nextRequest(wire);
  if (verdict.kind !== 'request') return verdict.end;
  return verdict.code === authentication.ok
    ? { outcome: 'ok' }
    : impossible('it asks for a second authentication');
}

async function scramLogin(wire: Wire, password: Secret, mechanisms: Buffer): Promise<Authentication> {
  const offered = mechanisms.toString('latin1').split('\0');
  const choice = chooseScram(offered, channelBindingOf(wire.socket));
  if (choice === 'none') return impossible(`it offers only ${offered.filter(Boolean).join(', ')}`);
  const exchange = new ScramExchange(choice, password);
  const first = Buffer.from(exchange.clientFirst());
  sendPassword(wire, Buffer.concat([cStrings(choice.mechanism), int32(first.length), first]));

  const serverFirst = await nextRequest(wire);
  if (serverFirst.kind !== 'request') return serverFirst.end;
  if (serverFirst.code !== authentication.saslContinue) return impossible('it left the SCRAM exchange');
  sendPassword(wire, Buffer.from(await exchange.clientFinal(serverFirst.data.toString('latin1'))));

  const serverFinal = await nextRequest(wire);
  if (serverFinal.kind !== 'request') return serverFinal.end;
  // A server that says "ok" without its own proof does not know the password: it may be anybody.
  if (serverFinal.code !== authentication.saslFinal) return { outcome: 'not_genuine' };
  if (!exchange.serverIsGenuine(serverFinal.data.toString('latin1'))) return { outcome: 'not_genuine' };

  const verdict = await nextRequest(wire);
  if (verdict.kind !== 'request') return verdict.end;
  return verdict.code === authentication.ok ? { outcome: 'ok' } : impossible('it goes on after SCRAM');
}

type Request =
  | { readonly kind: 'request'; readonly code: number; readonly data: Buffer }
  | { readonly kind: 'end'; readonly end: Authentication };

async function nextRequest(wire: Wire): Promise<Request> {
  for (;;) {
    const answer = await readMessage(wire);
    if (answer === 'ended') return { kind: 'end', end: { outcome: 'ended' } };
    switch (answer.type) {
      case fromServer.authentication:
        if (answer.body.length < 4)
          throw new ServerBrokeProtocol('an authentication message without its code');
        return { kind: 'request', code: answer.body.readInt32BE(0), data: answer.body.subarray(4) };
      case fromServer.errorResponse:
        return { kind: 'end', end: { outcome: 'refused', error: parseErrorResponse(answer.body) } };
      case fromServer.noticeResponse:
        break;
      default:
        throw new ServerBrokeProtocol(`a message of type ${answer.type} during authentication`);
    }
  }
}

function sendPassword(wire: Wire, body: Buffer): void {
  wire.write(message(fromClient.password, body));
}

function impossible(why: string): Authentication {
  return { outcome: 'impossible', why };
}
