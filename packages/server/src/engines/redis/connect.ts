import type { Database, SecretSource } from '../../core/index.ts';
import { assertPermit, Refusal } from '../../core/index.ts';
import type { Engine, UpstreamLogin } from '../engine.ts';
import { endedDuringLogin, openWire, ServerBrokeProtocol, type Wire } from '../framing/index.ts';
import { logInAgain } from '../log-in-again.ts';
import { ask } from './ask.ts';
import { connectionSettings } from './client-settings.ts';
import { connectToCluster, isClusterNode, knownNodes } from './cluster/index.ts';
import { loginCommands, type UpstreamIdentity } from './login-commands.ts';
import { parseError, parseFields } from './reply.ts';
import { PrimaryWatch, primaries } from './sentinels/index.ts';
import type { RedisServices } from './services.ts';
import { RedisUpstream } from './upstream.ts';

/** Errors of a server that is not ready yet, or full: they pass by themselves. */
const passing = /^(LOADING|BUSY|MASTERDOWN|TRYAGAIN|CLUSTERDOWN)\b|^ERR max number of clients/;

/** How long all the answers of one Sentinel may take that is listened to. */
const sentinelMs = 5_000;

/**
 * What dials and logs in as the permit's role: TCP, TLS as configured (from the first byte), `HELLO … AUTH`, the number
 * of the database. Behind Sentinels the server is the primary that they name, if it says so itself; and when they name
 * another one, the connection's session ends.
 *
 * It throws Refusal `upstream_unreachable`, `upstream_untrusted`, `upstream_refused_login`, with the server's own error as
 * the cause.
 */
export function createConnect(services: RedisServices): Engine['connect'] {
  const watches = new Map<string, PrimaryWatch>();

  function watchOf(database: Database): PrimaryWatch {
    const { sentinels, tls, tlsCa, tlsClient } = database;
    const key = JSON.stringify([sentinels, tls, tlsCa, tlsClient]);
    const { secrets, problem } = services;
    const watch = watches.get(key) ?? new PrimaryWatch({ database, secrets, withinMs: sentinelMs }, problem);
    watches.set(key, watch);
    return watch;
  }

  return async (permit, login) => {
    assertPermit(permit);
    if (permit.database.name !== login.database.name || permit.role.login !== login.login) {
      throw new TypeError('the login is not the one that the permit is for');
    }
    if (login.database.sentinels === undefined) return await connectToServer(login);
    const { upstream, at } = await connectToPrimary(login, services.secrets);
    watchOf(login.database).follow(upstream, at);
    return upstream;
  };
}

/** The first server that a Sentinel calls the primary and that says so itself. */
async function connectToPrimary(
  login: UpstreamLogin,
  secrets: SecretSource,
): Promise<{ readonly upstream: RedisUpstream; readonly at: Database }> {
  const { database, request, connectTimeoutMs: withinMs } = login;
  let failure: unknown;
  const failed = (cause: unknown) => {
    failure = cause;
  };
  for await (const at of primaries({ database, secrets, withinMs }, failed)) {
    try {
      return { upstream: await connectTo({ ...login, database: at }, isPrimary), at };
    } catch (thrown) {
      // Anything else is the answer of the server itself.
      if (!(thrown instanceof Refusal) || thrown.code !== 'upstream_unreachable') throw thrown;
      failed(thrown);
    }
  }
  throw new Refusal('upstream_unreachable', { request }, failure);
}

/** A server alone, or the nodes of a cluster as one. Where the first is gone, the next does, or one that sessions met. */
async function connectToServer(login: UpstreamLogin): Promise<RedisUpstream> {
  const { database } = login;
  const places = database.cluster ?? [database];
  // A silent node does not use up the time for the others.
  const connectTimeoutMs = login.connectTimeoutMs / Math.min(places.length, 3);
  const dial = async (at: Database) =>
    await connectTo({ ...login, connectTimeoutMs, database: at }, isServer);
  const dialNode = (at: Database) =>
    logInAgain(login, (password) =>
      connectTo({ ...login, connectTimeoutMs, database: at, password }, isServer),
    );
  let failure: unknown;
  for (const place of [...places, ...knownNodes(database)]) {
    const at = { ...database, host: place.host, port: place.port };
    try {
      const upstream = await dial(at);
      if (!isClusterNode(upstream)) return upstream;
      return await connectToCluster(upstream, at, {
        database,
        identity: identityOf(login),
        dial: dialNode,
        withinMs: connectTimeoutMs,
        request: login.request,
      });
    } catch (thrown) {
      // Anything else is the answer of the server itself.
      if (!(thrown instanceof Refusal) || thrown.code !== 'upstream_unreachable') throw thrown;
      failure ??= thrown;
    }
  }
  throw failure;
}

/** Looks at the server's answer to HELLO. @throws Refusal when it is not the server that was meant */
type RightServer = (greeting: ReadonlyMap<string, string>, request: string) => void;

async function connectTo(login: UpstreamLogin, check: RightServer): Promise<RedisUpstream> {
  const { database, request } = login;
  const identity = identityOf(login);
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), login.connectTimeoutMs);
  let wire: Wire | undefined;
  try {
    wire = await openWire({ database, signal: deadline.signal, request, startTls: async () => 'agreed' });
    const commands = loginCommands(identity, identity.settings);
    const replies = await ask(wire, commands.bytes, commands.replies);
    if (replies === 'ended') throw endedDuringLogin(wire.failure, request);
    for (const reply of replies) accepted(reply, request);
    const [greeting = Buffer.alloc(0)] = replies;
    return new RedisUpstream(wire, identity, connectionId(greeting, check, request), greeting);
  } catch (thrown) {
    wire?.close();
    if (thrown instanceof ServerBrokeProtocol) throw new Refusal('upstream_untrusted', { request }, thrown);
    throw thrown;
  } finally {
    clearTimeout(timer);
  }
}

function identityOf({ login, password, renewal, database, settings }: UpstreamLogin): UpstreamIdentity {
  return {
    login,
    password,
    ...(renewal === undefined ? {} : { renewal }),
    database: database.upstreamName,
    settings: connectionSettings(settings),
    allowedCommands: new Set(database.allowCommands),
  };
}

function accepted(reply: Buffer, request: string): void {
  const error = parseError(reply);
  if (error === undefined) return;
  const code = passing.test(error) ? 'upstream_unreachable' : 'upstream_refused_login';
  throw new Refusal(code, { request }, new Error(error));
}

/** The server's id of the connection. */
function connectionId(greeting: Buffer, check: RightServer, request: string): string {
  const fields = parseFields(greeting);
  const id = fields?.get('id');
  if (fields === undefined || id === undefined)
    throw new ServerBrokeProtocol('HELLO was not answered with a map');
  check(fields, request);
  return id;
}

/** A Sentinel answers HELLO too, but has no data. */
function isServer(greeting: ReadonlyMap<string, string>, request: string): void {
  if (greeting.get('mode') !== 'sentinel') return;
  throw new Refusal(
    'upstream_refused_login',
    { request },
    'host and port are those of a Sentinel: name it in sentinels, and what it watches in primary',
  );
}

/** A user of data may not ask ROLE; HELLO says the same. Writes to a replica would be refused or lost. */
function isPrimary(greeting: ReadonlyMap<string, string>, request: string): void {
  if (greeting.get('role') === 'master') return;
  throw new Refusal('upstream_unreachable', { request }, 'the server that a Sentinel named is no primary');
}
