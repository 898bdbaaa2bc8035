import { type ClientCertificate, type Database, type Permit, Refusal } from '../core/index.ts';

/** What decides who may be in, as of now. */
export interface Rules {
  /** The configured databases; a reload replaces the map, and every database in it. */
  readonly databases: () => ReadonlyMap<string, Database>;
  /** Whether a certificate is on no revocation list. */
  readonly certificateStands: (certificate: ClientCertificate) => boolean;
  /** Whether the configuration would still give a permit. */
  readonly stillAllowed: (permit: Permit) => Promise<boolean>;
}

/**
 * Why somebody may not stay who was let in a moment ago; undefined when nothing changed for them. To be asked when the
 * session is among the live ones: a change from then on ends it as one of these, and one before found no session to end,
 * since signing in takes as long as the database takes to answer.
 */
export async function changedMeanwhile(
  permit: Permit,
  { databases, certificateStands, stillAllowed }: Rules,
): Promise<Refusal | undefined> {
  if (permit.certificate !== undefined && !certificateStands(permit.certificate))
    return new Refusal('access_revoked', { reason: 'your certificate was revoked' });
  const isReloaded = databases().get(permit.database.name) !== permit.database;
  if (!isReloaded) return undefined;
  // Fail closed, as the check of the live sessions does.
  const isAllowed = await stillAllowed(permit).catch(() => false);
  return isAllowed
    ? undefined
    : new Refusal('access_revoked', { reason: 'the rules of this database changed' });
}
