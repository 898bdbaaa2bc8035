import type { AuditSubject } from '../audit/index.ts';
import { newUuid, type Permit, principalId, type Refusal, toRefusal } from '../core/index.ts';
import type { Client, Lease, RelayEnd } from '../engines/index.ts';
import type { AskedAtDoor, VerifiedToken } from '../oauth/index.ts';
import type { Arrival } from './arrival.ts';
import { changedMeanwhile } from './changed-meanwhile.ts';
import { permitForClient } from './permit-for-client.ts';
import { renewSession } from './renew-session.ts';
import { report } from './report.ts';
import type { SessionServices } from './session-services.ts';
import { statementRecorder } from './statement-recorder.ts';
import { verifyAtDoor } from './verify-at-door.ts';

/**
 * The one way into a database, from the first byte of a client to the last record about it:
 * handshake → token → policy → upstream login → audit → relay → clean up. Every door runs through here.
 * Rejects by a fault of ours only: each failure was answered in the client's protocol, audited, and logged with its cause.
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
  let known: AuditSubject = { request, remoteAddress: arrival.remoteAddress };
  let lease: Lease | undefined;
  try {
    // Taken before the token is read: a revocation that lands in between is found again by registry.enter().
    const watermark = registry.watermark;
    const asked = askedBy(client, arrival, request);
    const token = await verifyAtDoor(client.credential, asked, arrival, services);
    known = { ...known, ...ownerOf(token) };
    const permit = permitForClient(token, client, arrival, services);
    known = { ...known, role: permit.role.name };

    lease = await services.pool.acquire(permit, client.settings, request);
    await carrySession(arrival, { client, permit, lease, known, watermark }, services);
    return undefined;
  } catch (thrown) {
    const refusal = toRefusal(thrown, request);
    log.refused(refusal, { request, door: door.name });
    report(audit, { ...known, type: 'door_refused', door: door.name, code: refusal.code });
    await lease?.release('doubtful');
    arrival.demand?.refused?.(refusal);
    return refusal;
  }
}

/** A client that may go on, with the connection that it gets. */
interface Admitted {
  readonly client: Client;
  readonly permit: Permit;
  readonly lease: Lease;
  /** Whose it is, for the records. */
  readonly known: AuditSubject;
  /** How far the revocations had come when its token was read. */
  readonly watermark: number;
}

/** Welcomes the client and carries its session to the end. Throws only before the client was welcomed. */
async function carrySession(
  arrival: Arrival,
  { client, permit, lease, known, watermark }: Admitted,
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
  /** What was recorded as begun is recorded as ended, also when nobody was let in after all. */
  const recordEnd = (cause: RelayEnd['cause'] | 'refused', statements: number) =>
    report(audit, {
      ...subject,
      type: 'session_ended',
      cause,
      durationMs: Math.round(clock.monotonic() - startedAt),
      statements,
    });
  const cancelKey = client.mintCancelKey();
  const { remoteAddress } = arrival;
  const stopped = arrival.demand?.refused;
  const entering = { id: session, permit, remoteAddress, cancelKey, watermark };
  const entry = registry.enter({ ...entering, ...(stopped && { stopped }) });
  if (entry.outcome === 'refused') {
    recordEnd('refused', 0);
    throw entry.refusal;
  }
  const changed = await changedMeanwhile(permit, services);
  if (changed !== undefined) {
    await entry.leave();
    recordEnd('refused', 0);
    throw changed;
  }

  arrival.letIn();
  client.welcome(lease.upstream, cancelKey);
  const relay = engine.relay(client, lease.upstream, {
    ...statementRecorder(permit, () => subject, lease.upstream.pid, audit, engine.traits),
    endPeer: async (key, what) => {
      const here = await registry.endPeer(permit, key, what);
      return here === 'unknown' ? await services.farSessions.endPeer(permit, key, what) : here;
    },
    reauthenticate: async (credential) => {
      subject = await renewSession(credential, { permit, subject, entry, arrival }, services);
    },
  });
  entry.running(relay, lease.upstream);
  const end: RelayEnd = await relay.ended;
  await entry.leave();
  recordEnd(end.cause, relay.statements);
  await lease.release(end.idle ? 'idle' : 'doubtful');
}

/** The part of a record that a token tells. */
function ownerOf(token: VerifiedToken): AuditSubject {
  return {
    person: principalId(token.principal),
    client: token.clientId,
    consent: token.consentId,
    database: token.database,
  };
}

function askedBy(
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
