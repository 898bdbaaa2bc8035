import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import type { Session } from 'oidc-provider';
import type { Audit } from '../audit/index.ts';
import type { Config } from '../config/index.ts';
import { type Clock, type ProvenSignIn, principalId, type SignInProof } from '../core/index.ts';
import { signInStands } from '../identity/index.ts';
import type { Store } from '../store/index.ts';
import { freshPrincipal } from './accounts.ts';
import { loginOf, proofInSession } from './sign-in-proof.ts';
import { recordSignOut } from './sign-out.ts';

/** Cookie names; the prefixes make the browser hold them to this host and to TLS (RFC 6265bis, section 4.1.3). */
export function cookieNames(issuer: string) {
  const secure = issuer.startsWith('https:');
  return {
    session: `${secure ? '__Host-' : ''}grantway_session`,
    // These two are sent to one path only, which the stronger prefix forbids.
    interaction: `${secure ? '__Secure-' : ''}grantway_interaction`,
    resume: `${secure ? '__Secure-' : ''}grantway_resume`,
  };
}

/** Shared by all cookies; `secure` follows from the issuer. */
export const cookieOptions = { httpOnly: true, sameSite: 'lax', signed: true } as const;

/** The one browser session, the library's, also for pages outside of an authorization request. */
export interface BrowserSession {
  signedIn(request: IncomingMessage, response: ServerResponse): Promise<string | undefined>;
  /** Always under a new id, so that an id planted before the sign-in is worth nothing. */
  signIn(
    request: IncomingMessage,
    response: ServerResponse,
    signIn: ProvenSignIn,
  ): Promise<'begun' | 'ended'>;
  /** What its sign-in proved; undefined when nobody is signed in. */
  proof(request: IncomingMessage, response: ServerResponse): Promise<SignInProof | undefined>;
  signOut(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** See {@link BrowserSession}. */
export function createBrowserSession(
  provider: Provider,
  parts: {
    readonly config: () => Config;
    readonly store: Pick<Store, 'people'>;
    readonly audit: Audit;
    readonly clock: Clock;
  },
): BrowserSession {
  const current = (request: IncomingMessage, response: ServerResponse): Promise<Session> =>
    provider.Session.get(provider.createContext(request, response));

  return {
    async signedIn(request, response) {
      const { accountId } = await current(request, response);
      if (accountId === undefined) return undefined;
      return (await freshPrincipal(parts, accountId)) === undefined ? undefined : accountId;
    },

    async proof(request, response) {
      const session = await current(request, response);
      return session.accountId === undefined ? undefined : proofInSession(session);
    },

    async signIn(request, response, { principal, proof, mark }) {
      const old = await current(request, response);
      const accountId = principalId(principal);
      if (old.accountId !== undefined) {
        await old.destroy();
        // The same person goes on; of anybody else this is the end.
        if (old.accountId !== accountId) recordSignOut(parts.audit, old.accountId, request);
      }
      const now = parts.clock.now();
      const session = new provider.Session();
      session.loginAccount({ accountId, ...loginOf(proof) });
      const lifeMs = parts.config().tokens.browserSessionMs;
      await session.save(Math.max(1, Math.floor(lifeMs / 1000)));
      // Only now: whoever ends the sign-ins of a person first says so and then removes the sessions that it finds.
      if (!signInStands(await parts.store.people.get(accountId), mark)) {
        await session.destroy();
        return 'ended';
      }
      provider.createContext(request, response).cookies.set(provider.cookieName('session'), session.jti, {
        ...cookieOptions,
        expires: new Date(now + lifeMs),
        overwrite: true,
      });
      return 'begun';
    },

    async signOut(request, response) {
      const session = await current(request, response);
      if (session.accountId !== undefined) {
        await session.destroy();
        recordSignOut(parts.audit, session.accountId, request);
      }
      provider
        .createContext(request, response)
        .cookies.set(provider.cookieName('session'), null, { ...cookieOptions, overwrite: true });
    },
  };
}
