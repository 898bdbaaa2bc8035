import type { AuditSubject } from '../audit/index.ts';
import { newUuid, type Permit, type Secret, toRefusal } from '../core/index.ts';
import type { Arrival } from './arrival.ts';
import { changedMeanwhile } from './changed-meanwhile.ts';
import { renewedPermit } from './renewed-permit.ts';
import { report } from './report.ts';
import type { Entry } from './session-registry.ts';
import type { SessionServices } from './session-services.ts';
import { verifyAtDoor } from './verify-at-door.ts';

/** The session that is renewed. */
export interface Renewing {
  readonly permit: Permit;
  readonly subject: AuditSubject;
  readonly entry: Extract<Entry, { outcome: 'entered' }>;
  readonly arrival: Arrival;
}

/**
 * A live session's client showed another token: from now on the session lives under that one. Gives whose it is then.
 * When the rules changed meanwhile, so that nobody would be let in by that token, the session ends.
 * @throws Refusal, audited like one at the door
 */
export async function renewSession(
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
    const token = await verifyAtDoor(credential, hints, arrival, services);
    const renewed = renewedPermit(permit, token, databases().get(token.database), clock.now());
    const owner = { ...subject, consent: token.consentId };
    await audit.recordDurably({ ...owner, type: 'session_renewed', door: door.name });
    entry.renew(renewed, watermark);
    const changed = await changedMeanwhile(renewed, services);
    if (changed === undefined) return owner;
    // It lives under the new permit already, which it would not get any more.
    void registry.stopPermits((one) => one === renewed, changed);
    throw changed;
  } catch (thrown) {
    const refusal = toRefusal(thrown, request);
    services.log.refused(refusal, { request, door: door.name });
    report(audit, { ...subject, request, type: 'door_refused', door: door.name, code: refusal.code });
    throw refusal;
  }
}
