import type { Store, StoredArtifact } from '../store/index.ts';
import type { Revoker } from './revoker.ts';
import { consentIdOf } from './stored-consent.ts';

/**
 * How many consents of one person, for one client and the same scopes, live beside each other: one a machine or a
 * browser, more or less. GitHub keeps as many tokens of a user, application and scope.
 */
const consentsKept = 10;

/**
 * Ends what a client that signs in again and again leaves behind: of the consents with the same scopes those that were
 * used the longest ago. One that a database session lives on stays, so that nobody is cut off by their own next sign-in.
 *
 * @param made the id of the newest one, for the same person and client as `among`
 */
export async function endSurplusConsents(
  { artifacts, sessions }: Pick<Store, 'artifacts' | 'sessions'>,
  revoker: Pick<Revoker, 'consent'>,
  made: string,
  among: { readonly accountId: string; readonly clientId: string },
): Promise<void> {
  const all = await artifacts.list('Grant', among);
  const scopes = kindOf(all.find((grant) => consentIdOf(grant) === made));
  const alike = all.filter((grant) => kindOf(grant) === scopes);
  if (alike.length <= consentsKept) return;
  const lastUsed = await lastUses(artifacts, among);
  const usedAt = (grant: StoredArtifact) => Math.max(grant.createdAt, lastUsed.get(consentIdOf(grant)) ?? 0);
  const live = await sessions.list({ personId: among.accountId });
  const needed = new Set([made, ...live.map(({ consentId }) => consentId)]);
  const surplus = alike
    .filter((grant) => !needed.has(consentIdOf(grant)))
    .sort((a, b) => usedAt(a) - usedAt(b))
    .slice(0, alike.length - consentsKept);
  for (const grant of surplus)
    await revoker.consent(
      consentIdOf(grant),
      'newer sign-ins of this application took its place',
      'grantway',
    );
}

/** When tokens were taken last on a consent: a refresh token is made anew each time. */
async function lastUses(
  artifacts: Store['artifacts'],
  among: { readonly accountId: string; readonly clientId: string },
): Promise<ReadonlyMap<string, number>> {
  const used = new Map<string, number>();
  for (const { grantId = '', createdAt } of await artifacts.list('RefreshToken', among))
    used.set(grantId, Math.max(createdAt, used.get(grantId) ?? 0));
  return used;
}

function kindOf(grant: StoredArtifact | undefined): string {
  const { openid, resources, rejected } = grant?.payload ?? {};
  return JSON.stringify([openid, resources, rejected]);
}
