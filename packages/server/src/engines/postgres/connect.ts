import type { Socket } from 'node:net';
import type { Permit } from '../../core/index.ts';
import { assertPermit, Refusal } from '../../core/index.ts';
import type { UpstreamLogin } from '../engine.ts';
import { endedDuringLogin, openWire, readExactly, ServerBrokeProtocol, type Wire } from '../framing/index.ts';
import { type Authentication, authenticate } from './authenticate.ts';
import { parseErrorResponse, type ServerError } from './error-response.ts';
import { int32, startupMessage } from './messages.ts';
import { readParameterStatus } from './parameter-status.ts';
import { fromServer, idleStatus, sslRequestCode } from './protocol.ts';
import { readMessage } from './read-message.ts';
import { PostgresUpstream } from './upstream.ts';
import type { LoginProof, PostgresVariation, UpstreamVariation } from './variation.ts';

/** The version that every server since PostgreSQL 7.4 speaks. Newer ones bring nothing that a relay could use. */
const upstreamProtocol = 0x0003_0000;
/** A server reports about 15 parameters. */
const mostParameters = 200;

/**
 * Dials and logs in as the permit's role: TCP, TLS as configured, startup packet, authentication, up to the first
 * ReadyForQuery.
 *
 * @throws Refusal `upstream_unreachable`, `upstream_untrusted`, `upstream_refused_login`, with the server's own error
 * as the cause
 */
export async function connect(
  permit: Permit,
  login: UpstreamLogin,
  { upstream }: PostgresVariation,
): Promise<PostgresUpstream> {
  assertPermit(permit);
  if (permit.database.name !== login.database.name || !upstream.mayLogInAs(permit, login.login)) {
    throw new TypeError('the login is not the one that the permit is for');
  }
  const open: OpenServer = (signal, address) => upstream.open(permit, login, signal, address);
  return await logIn(login, upstream.proof(permit), upstream, open);
}

/** Opens a connection to the server, at this of its addresses if one is given. @throws Refusal as {@link openWire} */
export type OpenServer = (signal: AbortSignal, address?: string) => Promise<Wire>;

/**
 * Logs in over a connection that `open` opens. Nobody's session begins here: this is also the way of the manager
 * account, and of trying whether a password is taken. @throws Refusal as {@link connect}
 */
export async function logIn(
  login: UpstreamLogin,
  proof: LoginProof,
  { reusable }: Pick<UpstreamVariation, 'reusable'>,
  open: OpenServer,
): Promise<PostgresUpstream> {
  const { database, request } = login;
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), login.connectTimeoutMs);
  let wire: Wire | undefined;
  try {
    wire = await open(deadline.signal);
    wire.write(
      startupMessage(upstreamProtocol, [
        ['user', login.login],
        ['database', database.upstreamName],
        ...login.settings,
        ...proof.startup,
      ]),
    );
    accepted(await authenticate(wire, login.login, login.password, proof), wire, request);
    const { parameters, key } = await untilReady(wire, request);
    // A name may stand for several servers, and only one has the session.
    const address = wire.remoteAddress;
    return new PostgresUpstream(wire, parameters, key, (signal) => open(signal, address), reusable);
  } catch (thrown) {
    wire?.close();
    if (thrown instanceof ServerBrokeProtocol) {
      throw new Refusal('upstream_untrusted', { request }, thrown);
    }
    throw thrown;
  } finally {
    clearTimeout(timer);
  }
}

/** Opens a TCP connection to the server, with TLS as configured. @throws Refusal as {@link openWire} */
export function openServer(
  { database, request }: UpstreamLogin,
  signal: AbortSignal,
  address?: string,
): Promise<Wire> {
  return openWire({ database, address, signal, request, alpn: 'postgresql', startTls });
}

async function startTls(socket: Socket): Promise<'agreed' | 'declined' | 'ended'> {
  socket.write(Buffer.concat([int32(8), int32(sslRequestCode)]));
  const answer = await readExactly(socket, 1);
  if (answer === 'ended') return 'ended';
  return answer[0] === 0x53 ? 'agreed' : 'declined';
}

function accepted(answer: Authentication, wire: Wire, request: string): void {
  switch (answer.outcome) {
    case 'ok':
      return;
    case 'ended':
      throw endedDuringLogin(wire.failure, request);
    case 'refused':
      throw refusalOf(answer.error, request);
    case 'impossible':
      throw new Refusal('upstream_refused_login', { request }, answer.why);
    case 'not_genuine':
      throw new Refusal(
        'upstream_untrusted',
        { request },
        'the server does not know the password of the role',
      );
  }
}

/** Class 53 (no resources) and 57 (starting up, shutting down) pass by themselves; anything else is about the login. */
function refusalOf(error: ServerError, request: string): Refusal {
  const code = /^5[37]/.test(error.sqlstate) ? 'upstream_unreachable' : 'upstream_refused_login';
  return new Refusal(code, { request }, new Error(`${error.message} (SQLSTATE ${error.sqlstate})`));
}

interface Readiness {
  readonly parameters: Map<string, string>;
  /** Process id and secret; empty when the server gave none and so cannot be asked to cancel. */
  readonly key: Buffer;
}

async function untilReady(wire: Wire, request: string): Promise<Readiness> {
  const parameters = new Map<string, string>();
  let key: Buffer = Buffer.alloc(0);
  for (;;) {
    const answer = await readMessage(wire);
    if (answer === 'ended') throw endedDuringLogin(wire.failure, request);
    else
      switch (answer.type) {
        case fromServer.parameterStatus:
          readParameterStatus(answer.body, parameters);
          if (parameters.size > mostParameters) throw new ServerBrokeProtocol('too many parameters');
          break;
        case fromServer.backendKeyData:
          if (answer.body.length < 8) throw new ServerBrokeProtocol('a cancel key has 8 bytes or more');
          key = Buffer.from(answer.body);
          break;
        case fromServer.readyForQuery:
          if (answer.body[0] !== idleStatus)
            throw new ServerBrokeProtocol('a login ends outside of a transaction');
          return { parameters, key };
        case fromServer.errorResponse:
          throw refusalOf(parseErrorResponse(answer.body), request);
        case fromServer.noticeResponse:
          break;
        default:
          throw new ServerBrokeProtocol(`a message of type ${answer.type} during the login`);
      }
  }
}
