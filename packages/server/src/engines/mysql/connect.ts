import type { Socket } from 'node:net';
import type { Permit } from '../../core/index.ts';
import { assertPermit, Refusal } from '../../core/index.ts';
import type { UpstreamLogin } from '../engine.ts';
import { endedDuringLogin, openWire, ServerBrokeProtocol, type Wire } from '../framing/index.ts';
import { logInAgain } from '../log-in-again.ts';
import { authenticate, firstProof } from './authenticate.ts';
import { PayloadTooShort } from './byte-reader.ts';
import { type ConnectionSettings, connectionSettings } from './client-settings.ts';
import { parseOk } from './ok-packet.ts';
import { overStream, type PacketExchange, type Transport } from './packet-exchange.ts';
import { handshakeResponse, sslRequest } from './packets.ts';
import { capability } from './protocol.ts';
import { type ServerError, ServerFailure } from './server-error.ts';
import { parseServerGreeting, type ServerGreeting } from './server-greeting.ts';
import { readSessionState } from './session-state.ts';
import { MysqlUpstream } from './upstream.ts';
import { overWire, serverExchange } from './wire-commands.ts';

/**
 * Dials and logs in as the permit's role: TCP, greeting, TLS as configured, authentication, and a look at what the
 * session begins with.
 *
 * @throws Refusal `upstream_unreachable`, `upstream_untrusted`, `upstream_refused_login`, with the server's own error
 * as the cause
 */
export async function connect(permit: Permit, login: UpstreamLogin): Promise<MysqlUpstream> {
  assertPermit(permit);
  if (permit.database.name !== login.database.name || permit.role.login !== login.login) {
    throw new TypeError('the login is not the one that the permit is for');
  }
  const settings = connectionSettings(login.settings, login.database);
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), login.connectTimeoutMs);
  let wire: Wire | undefined;
  try {
    const session = await logIn(login, settings, deadline.signal);
    wire = session.wire;
    // A name may stand for several servers, and only one has the session.
    const address = wire.remoteAddress;
    const { capabilities } = settings;
    const { connectionId, isMariaDb } = session.greeting;
    const state = await readSessionState(wire, capabilities, isMariaDb, session.status);
    if (state === undefined) {
      throw new Refusal(
        'upstream_refused_login',
        { request: login.request },
        'it is neither MySQL 8 nor MariaDB',
      );
    }
    return new MysqlUpstream({
      wire,
      connectionId,
      capabilities,
      database: login.database.upstreamName,
      isMariaDb,
      state,
      reopen: (signal) =>
        logInAgain(login, async (password) => {
          return (await logIn({ ...login, address, password }, settings, signal)).wire;
        }),
    });
  } catch (thrown) {
    wire?.close();
    throw asRefusal(thrown, login.request);
  } finally {
    clearTimeout(timer);
  }
}

/** A server that has taken a login. */
export interface LoggedIn {
  readonly wire: Wire;
  readonly greeting: Extract<ServerGreeting, { kind: 'greeting' }>;
  /** The status flags of the server's OK. */
  readonly status: number;
}

/** With what to log in, and where: the address is the one to dial of those that the host's name stands for. */
interface LoginAt extends Pick<UpstreamLogin, 'database' | 'login' | 'password' | 'request'> {
  readonly address?: string | undefined;
}

/**
 * One login, up to the server's OK. `signal` ends it, and the connection afterwards.
 * @throws Refusal with the server's own error as the cause ({@link ServerFailure}), ServerBrokeProtocol, PayloadTooShort
 */
export async function logIn(
  { database, address, login, password, request }: LoginAt,
  settings: ConnectionSettings,
  signal: AbortSignal,
): Promise<LoggedIn> {
  const { capabilities, collation, program } = settings;
  let opening: Opening | undefined;
  const startTls = async (socket: Socket) => {
    opening = await readGreeting(overStream(socket), request);
    if (opening === undefined) return 'ended';
    if ((opening.greeting.capabilities & capability.ssl) === 0) return 'declined';
    opening.exchange.send(sslRequest({ capabilities, collation }));
    return 'agreed';
  };
  const wire = await openWire({ database, address, signal, request, startTls });
  try {
    opening ??= await readGreeting(overWire(wire), request);
    if (opening === undefined) throw endedDuringLogin(wire.failure, request);
    const { exchange, greeting } = opening;
    exchange.transport = overWire(wire);
    // MariaDB knows CLIENT_LONG_PASSWORD, and does not say so.
    const lacking = capabilities & ~greeting.capabilities & ~capability.longPassword;
    if (lacking !== 0) {
      throw refusedLogin(request, `it lacks capabilities that the client has: 0x${lacking.toString(16)}`);
    }

    const secret = { password, tls: database.tls };
    const first = { name: greeting.plugin, nonce: greeting.nonce };
    const proof = firstProof(first, secret);
    exchange.send(
      handshakeResponse({
        capabilities: capabilities | (database.tls === 'off' ? 0 : capability.ssl),
        collation,
        user: login,
        authData: proof.data,
        database: database.upstreamName,
        plugin: proof.plugin,
        attributes: program === '' ? [] : [['program_name', program]],
      }),
    );
    const answer = await authenticate(exchange, first, secret);
    switch (answer.outcome) {
      case 'ok':
        return { wire, greeting, status: parseOk(answer.payload, 0, answer.payload.length).status };
      case 'ended':
        throw endedDuringLogin(wire.failure, request);
      case 'refused':
        throw refusalOf(answer.error, request);
      case 'impossible':
        throw refusedLogin(request, answer.why);
    }
  } catch (thrown) {
    wire.close();
    throw thrown;
  }
}

interface Opening {
  readonly exchange: PacketExchange;
  readonly greeting: Extract<ServerGreeting, { kind: 'greeting' }>;
}

/** What the server says first, in clear; undefined when it says nothing. */
async function readGreeting(transport: Transport, request: string): Promise<Opening | undefined> {
  const exchange = serverExchange(transport);
  const payload = await exchange.receive();
  if (payload === 'ended') return undefined;
  const greeting = parseServerGreeting(payload);
  if (greeting.kind === 'error') throw refusalOf(greeting.error, request);
  if (greeting.kind === 'foreign') throw refusedLogin(request, greeting.why);
  return { exchange, greeting };
}

/** Errors that pass by themselves: too many connections, shutting down, no resources. Anything else is about the login. */
const passing = new Set([1040, 1041, 1053, 1077, 1079, 1135, 1203, 1226]);

function refusalOf(error: ServerError, request: string): Refusal {
  const cause = new ServerFailure(error);
  return passing.has(error.errno)
    ? new Refusal('upstream_unreachable', { request }, cause)
    : new Refusal('upstream_refused_login', { request }, cause);
}

function refusedLogin(request: string, why: string): Refusal {
  return new Refusal('upstream_refused_login', { request }, why);
}

function asRefusal(thrown: unknown, request: string): unknown {
  const broken = thrown instanceof ServerBrokeProtocol || thrown instanceof PayloadTooShort;
  return broken ? new Refusal('upstream_untrusted', { request }, thrown) : thrown;
}
