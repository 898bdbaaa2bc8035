import { isDeepStrictEqual } from 'node:util';
import { parsePrincipalId } from '../../core/index.ts';
import type { ProviderLink } from '../../identity/index.ts';
import type { Person } from '../../store/index.ts';
import { type Providers, withdrawWord } from './providers.ts';

/**
 * Asks the provider of a person about them, unless it was heard after `heardSince`, and takes the consequences. To be done
 * in turn: a refresh token that rotates is good for one use. Throws what the store throws.
 */
export async function rereadPerson(
  providers: Providers,
  personId: string,
  link: ProviderLink,
  heardSince: number,
): Promise<void> {
  const { store, sessions, silent, clock, log } = providers;
  const person = await store.people.get(personId);
  if (person === undefined || person.disabled || (person.heardAt ?? 0) >= heardSince) return;
  const session = await sessions.of(personId);
  if (session?.refreshToken === undefined) return;
  const { method, subject } = parsePrincipalId(personId);
  if (silent.has(method)) return await unheard(providers, person, link);

  const reread = await link.reread(subject, session);
  switch (reread.outcome) {
    case 'read': {
      // First the session: its refresh token may be the only one that the provider takes from now on.
      if ((await sessions.replace(personId, session, reread.session)) === 'superseded') return;
      const { displayName, groups, claims } = reread.principal;
      await store.people.heard({ id: personId, displayName, groups, claims }, clock.now());
      return await endWhatGroupsGave(providers, person);
    }
    case 'ended':
      log.warn({ method, detail: reread.detail }, 'a provider ended the session of a person');
      return await endAccess(providers, personId, 'your session at the identity provider ended');
    case 'unavailable':
      if (reread.session !== undefined) await sessions.replace(personId, session, reread.session);
      log.warn({ method, detail: reread.detail }, 'a provider could not be asked again');
      silent.add(method);
      return await unheard(providers, person, link);
  }
}

/** The last word stands, and not for ever. */
async function unheard(
  providers: Providers,
  { id, heardAt }: Person,
  { wordCountsMs }: ProviderLink,
): Promise<void> {
  if ((heardAt ?? 0) + wordCountsMs > providers.clock.now()) return;
  await endAccess(providers, id, 'your identity provider could not be asked whether you may still have it');
}

async function endAccess(providers: Providers, personId: string, reason: string): Promise<void> {
  await withdrawWord(providers, personId, () => providers.revoker.access(personId, reason, 'grantway'));
}

async function endWhatGroupsGave({ store, clock }: Providers, before: Person): Promise<void> {
  const now = await store.people.get(before.id);
  const said = ({ groups, claims }: Person) => ({ groups: [...groups].sort(), claims });
  if (now === undefined || isDeepStrictEqual(said(now), said(before))) return;
  await store.revocations.append(
    { kind: 'groups', subject: before.id, reason: 'your groups changed' },
    clock.now(),
  );
}
