import type { Duplex } from 'node:stream';
import type { Audit, AuditEvent, AuditSubject } from '../audit/index.ts';
import type { ClientCertificate, Clock, Database, Permit, Secret } from '../core/index.ts';
import { newUuid, Refusal, toRefusal } from '../core/index.ts';
import type { Client, Door, Engine, Lease, RelayEnd } from '../engines/index.ts';
import {
  type AskedAtDoor,
  type AuthorizationServer,
  tokenRefusal,
  type VerifiedToken,
} from '../oauth/index.ts';
import { decide } from '../policy/index.ts';
import { changedMeanwhile, type Rules } from './changed-meanwhile.ts';
import type { FarSessions } from './far-sessions.ts';
import type { SessionDemand } from './in-process-door.ts';
import type { Log } from './log.ts';
import type { UpstreamPool } from './pool.ts';
import { renewedPermit } from './renewed-permit.ts';
import type { Entry, SessionRegistry } from './session-registry.ts';
import { statementRecorder } from './statement-recorder.ts';

/** What every session is served with. Built once in `compose/`. */
export interface SessionServices extends Rules {
  readonly verifyToken: AuthorizationServer['verifyToken'];
  readonly audit: Audit;
  readonly pool: UpstreamPool;
  readonly registry: SessionRegistry;
  readonly farSessions: FarSessions;
  readonly clock: Clock;
  readonly log: Log;
}

/** One socket that came in, and what its door knows of it. */
export interface Arrival {
  readonly socket: Duplex;
  readonly engine: Engine;
  readonly door: Door;
  readonly remoteAddress: string;
  /** What the client showed in its TLS handshake, once that is over. */
  readonly certificate?: () => ClientCertificate | undefined;
  /** What an in-process caller insists on; the wire doors have only the user name as a hint. */
  readonly demand?: SessionDemand;
  /** Called when the handshake has been read, so that the listener's login deadline and count no longer apply. */
  readonly signedIn: () => void;
}

/**
 * The one way into a database, from the first byte of a client to the last record about it:
 * handshake → token → policy → upstream login → audit → relay → clean up. Every door runs through here.
 * Never rejects: each failure was answered in the client's protocol, audited, and logged with its cause.
 */
export async function serveSession(arrival: Arrival, services: SessionServices): Promise<void> {
  const { engine, door, socket, remoteAddress } = arrival;
  let accepted = await engine.accept(socket, door);
  while (accepted.kind === 'login') {
    const { client } = accepted;
    const refusal = await serveClient(client, arrival, services);
    if (refusal === undefined) return;
    if (client.retry === undefined) return await client.refuse(refusal);
    accepted = await client.retry(refusal);
  }
  if (accepted.kind === 'cancel') {
    const here = await services.registry.cancel(accepted.key);
    if (here === 'unknown') await services.farSessions.cancel(accepted.key);
    accepted.close();
  }
  if (accepted.kind === 'refused') {
    const { code } = accepted.refusal;
    report(services.audit, {
      request: newUuid(),
      remoteAddress,
      type: 'door_refused',
      door: door.name,
      code,
    });
  }
}

/** Serves a client from its credential on. Gives the refusal, audited, that it is still to be told. */
async function serveClient(
  client: Client,
  arrival: Arrival,
  services: SessionServices,
): Promise<Refusal | undefined> {
  const { door } = arrival;
  const { audit, registry, log } = services;
  const request = newUuid();
  const subject: AuditSubject = { request, remoteAddress: arrival.remoteAddress };
  let known: AuditSubject = subject;
  let lease: Lease | undefined;
  try {
    // Taken before the token is read: a revocation that lands in between is found again by registry.enter().
    const watermark = registry.watermark;
    const token = await verify(client.credential, asked(client, arrival, request), arrival, services);
    known = { ...subject, ...ownerOf(token) };
    const database = databaseOf(token, client, arrival, services);
    const permit = permitFor(token, database, client, arrival, services);
    known = { ...known, role: permit.role.name };

    lease = await services.pool.acquire(permit, client.settings, request);
    await run(arrival, client, permit, lease, known, watermark, services);
    return undefined;
  } catch (thrown) {
    const refusal = toRefusal(thrown, request);
    log.refused(refusal, { request, door: door.name });
    report(audit, { ...known, type: 'door_refused', door: door.name, code: refusal.code });
    await lease?.release(false);
    arrival.demand?.refused?.(refusal);
    return refusal;
  }
}

/** Welcomes the client and carries its session to the end. Throws only before the client was welcomed. */
async function run(
  arrival: Arrival,
  client: Client,
  permit: Permit,
  lease: Lease,
  known: AuditSubject,
  watermark: number,
  services: SessionServices,
): Promise<void> {
  const { engine, door } = arrival;
  const { audit, registry, clock } = services;
  const session = newUuid();
  let subject: AuditSubject = { ...known, session };
  const startedAt = clock.monotonic();

  await audit.recordDurably({
    ...subject,
    type: 'session_started',
    door: door.name,
    login: lease.login,
    upstreamPid: lease.upstream.pid,
    ...(client.application === '' ? {} : { application: client.application }),
  });
  const cancelKey = client.mintCancelKey();
  const { remoteAddress } = arrival;
  const entry = registry.enter({ id: session, permit, remoteAddress, cancelKey, watermark });
  if (entry.outcome === 'revoked') throw entry.refusal;
  const changed = await changedMeanwhile(permit, services);
  if (changed !== undefined) {
    await entry.leave();
    throw changed;
  }

  arrival.signedIn();
  client.welcome(lease.upstream, cancelKey);
  const relay = engine.relay(client, lease.upstream, {
    ...statementRecorder(permit, () => subject, lease.upstream.pid, audit),
    endPeer: async (key, what) => {
      const here = await registry.endPeer(permit, key, what);
      return here === 'done' ? here : await services.farSessions.endPeer(permit, key, what);
    },
    reauthenticate: async (credential) => {
      subject = await renew(credential, { permit, subject, entry, arrival }, services);
    },
  });
  entry.running(relay, lease.upstream);
  const end: RelayEnd = await relay.ended;
  const stopped = await entry.leave();
  if (stopped !== undefined) arrival.demand?.refused?.(stopped);
  await lease.release(end.idle);
  report(audit, {
    ...subject,
    type: 'session_ended',
    cause: end.cause,
    durationMs: Math.round(clock.monotonic() - startedAt),
    statements: relay.statements,
  });
}

interface Renewing {
  readonly permit: Permit;
  readonly subject: AuditSubject;
  readonly entry: Extract<Entry, { outcome: 'entered' }>;
  readonly arrival: Arrival;
}

/**
 * A live session's client showed another token: from now on the session lives under that one. Gives whose it is then.
 * @throws Refusal, audited like one at the door
 */
async function renew(
  credential: Secret,
  { permit, subject, entry, arrival }: Renewing,
  services: SessionServices,
): Promise<AuditSubject> {
  const { audit, registry, clock, databases } = services;
  const { door } = arrival;
  const request = newUuid();
  try {
    const watermark = registry.watermark;
    const { engine, name } = permit.database;
    const hints = { engine, database: name, user: permit.role.name };
    const token = await verify(credential, hints, arrival, services);
    const renewed = renewedPermit(permit, token, databases().get(token.database), clock.now());
    const owner = { ...subject, consent: token.consentId };
    await audit.recordDurably({ ...owner, type: 'session_renewed', door: door.name });
    entry.renew(renewed, watermark);
    return owner;
  } catch (thrown) {
    const refusal = toRefusal(thrown, request);
    services.log.refused(refusal, { request, door: door.name });
    report(audit, { ...subject, request, type: 'door_refused', door: door.name, code: refusal.code });
    throw refusal;
  }
}

/** Records what has happened already. An audit that is down keeps it for later; there is nobody left to refuse. */
function report(audit: Audit, event: AuditEvent): void {
  try {
    audit.record(event);
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
  }
}

async function verify(
  credential: Secret,
  asked: AskedAtDoor,
  arrival: Arrival,
  { verifyToken, audit }: SessionServices,
): Promise<VerifiedToken> {
  // Fail closed: without an audit nobody gets in, whatever the token says.
  if (audit.failed) throw new Refusal('audit_unavailable');
  const certificate = arrival.certificate?.();
  if (credential.length === 0 && certificate === undefined) throw new Refusal('token_missing');
  const verdict = await verifyToken(credential, asked, certificate);
  if (verdict.outcome === 'valid') return verdict.token;
  throw tokenRefusal(verdict);
}

function asked(
  { databaseHint, userHint }: Client,
  { engine, demand, remoteAddress }: Arrival,
  request: string,
): AskedAtDoor {
  return {
    engine: engine.name,
    database: demand?.database ?? databaseHint,
    user: userHint,
    // Inside the process the user name is never what the caller typed.
    ...(demand === undefined ? { person: { remoteAddress, requestId: request } } : {}),
  };
}

function ownerOf(token: VerifiedToken): AuditSubject {
  return {
    person: `${token.principal.method}:${token.principal.subject}`,
    client: token.clientId,
    consent: token.consentId,
    database: token.database,
  };
}

/**
 * The token names the database; the wire may only agree with it. Clients that were given no database name send
 * the user name instead (libpq does), so that counts as none.
 */
function databaseOf(
  token: VerifiedToken,
  client: Client,
  { demand }: Arrival,
  { databases }: SessionServices,
): Database {
  const database = databases().get(token.database);
  if (database === undefined) throw new Refusal('database_unknown', { database: token.database });
  const named = client.databaseHint;
  // A caller in the process says exactly which; some protocols would have no word for it.
  if (demand !== undefined && demand.database !== database.name) throw new Refusal('token_wrong_database');
  const agrees =
    named === '' || named === client.userHint || named === database.name || named === database.upstreamName;
  if (!agrees) throw new Refusal('token_wrong_database');
  return database;
}

function permitFor(
  token: VerifiedToken,
  database: Database,
  client: Client,
  arrival: Arrival,
  { clock }: SessionServices,
): Permit {
  if (database.engine !== arrival.engine.name) throw new Refusal('token_wrong_database');
  // What takes single statements has no session that a client on the wire could believe in.
  if (database.host === '' && arrival.demand === undefined) {
    throw new Refusal('feature_not_offered', {
      what: `A connection to "${database.name}", which takes queries over HTTP only,`,
    });
  }
  const decision = decide({
    principal: token.principal,
    database,
    tokenRoles: token.roles,
    roleHint: client.userHint,
    ...(arrival.demand?.role === undefined ? {} : { roleDemanded: arrival.demand.role }),
    clientId: token.clientId,
    consentId: token.consentId,
    proof: token.proof,
    tokenHash: token.tokenHash,
    ...(token.certificate === undefined ? {} : { certificate: token.certificate }),
    now: clock.now(),
  });
  if (decision.outcome === 'denied') throw decision.refusal;
  return decision.permit;
}
