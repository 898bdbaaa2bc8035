import type { Profile } from '@node-saml/node-saml';
import { type Clock, newId } from '../../core/index.ts';
import type { CarriedSignOut, SignOutMessage, SignOutThere } from '../sign-in-method.ts';
import { skewMs } from './assertion.ts';
import type { KeptProofs } from './kept-proofs.ts';
import { type LibraryOptions, samlLibrary } from './library.ts';
import { shapeOf, textsAt } from './message-shape.ts';
import type { NamedSessions } from './named-sessions.ts';
import { readSignedQuery } from './signed-query.ts';

/** A request is on its way for one redirect; its sender need not say until when it counts. */
const freshMs = 5 * 60_000;

/**
 * The Single Logout profile (SAML profiles, section 4.4) over HTTP-Redirect. What the provider asks is signed, fresh and
 * counts once; whom it names by NameID is signed out everywhere here, since the person may have several browsers.
 */
export function samlSignOut(
  options: LibraryOptions & { readonly clock: Clock },
  proofs: Pick<KeptProofs, 'useUp'>,
  sessions: NamedSessions,
): CarriedSignOut {
  const { config, own, clock } = options;

  /** @returns the request, or what is wrong with it */
  async function requestIn(raw: string): Promise<(Profile & { readonly ID: string }) | string> {
    const query = readSignedQuery(raw);
    if (query.outcome === 'refused') return query.detail;
    const shape = await shapeOf(query.xml, 'LogoutRequest');
    if (shape.outcome === 'refused') return shape.detail;
    if (textsAt(shape.dom, '/*/@Destination')[0] !== own.signOut) return 'it is for another destination';
    let profile: Profile | null;
    try {
      const library = await samlLibrary(options);
      ({ profile } = await library.validateRedirectAsync({ ...query.parameters }, query.query));
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : 'unknown';
    }
    const { ID } = profile ?? {};
    if (profile === null || ID === undefined) return 'it has no id';
    const issuedAt = Date.parse(textsAt(shape.dom, '/*/@IssueInstant')[0] ?? '');
    // Not a number when it is no time, and then it is refused, too.
    if (!(Math.abs(clock.now() - issuedAt) < freshMs)) return 'it is not of now';
    const used = { id: ID, until: issuedAt + freshMs + skewMs };
    return (await proofs.useUp(used)) ? { ...profile, ID } : 'it was used before';
  }

  return {
    endsSessions: config.signOutEndsSessions,

    async begin(personId): Promise<SignOutThere> {
      const session = await sessions.of(personId);
      if (session === undefined) return { outcome: 'nowhere' };
      const { nameId, sessionIndex } = session;
      const profile: Profile = {
        issuer: config.entityId,
        nameID: nameId.value,
        nameIDFormat: nameId.format ?? 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
        ...(nameId.nameQualifier !== undefined && { nameQualifier: nameId.nameQualifier }),
        ...(nameId.spNameQualifier !== undefined && { spNameQualifier: nameId.spNameQualifier }),
        ...(sessionIndex !== undefined && { sessionIndex }),
      };
      await sessions.forget(nameId.value);
      try {
        const library = await samlLibrary(options, { id: newId('_') });
        const location = new URL(await library.getLogoutUrlAsync(profile, '', {}));
        return { outcome: 'redirect', location };
      } catch (thrown) {
        // A certificate or key of ours that cannot be read.
        return { outcome: 'failed', detail: thrown instanceof Error ? thrown.message : 'unknown' };
      }
    },

    async receive(raw): Promise<SignOutMessage> {
      // Nothing follows from an answer but a page, so there is nothing to prove.
      if (new URLSearchParams(raw).has('SAMLResponse')) return { outcome: 'answered' };
      const request = await requestIn(raw);
      if (typeof request === 'string') return { outcome: 'refused', detail: request };
      const personId = await sessions.personCalled(request.nameID);
      const relayState = new URLSearchParams(raw).get('RelayState') ?? '';
      const answer = async () => {
        await sessions.forget(request.nameID);
        const library = await samlLibrary(options, { id: newId('_') });
        const known = personId !== undefined;
        return new URL(await library.getLogoutResponseUrlAsync(request, relayState, {}, known));
      };
      return { outcome: 'asked', answer, ...(personId !== undefined && { personId }) };
    },
  };
}
