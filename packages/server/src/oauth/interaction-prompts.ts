import { interactionPolicy, type KoaContextWithOIDC, type PromptDetail } from 'oidc-provider';
import type { Config } from '../config/index.ts';
import type { Clock } from '../core/index.ts';
import type { Store } from '../store/index.ts';
import { activePrincipal } from './accounts.ts';
import type { StrongerSignIn } from './authorization-server.ts';
import { readScopes } from './scopes.ts';
import { proofInSession } from './sign-in-proof.ts';
import { actingRole } from './token-access.ts';

/** What the prompts depend on. */
export interface PromptParts {
  readonly config: () => Config;
  readonly store: Pick<Store, 'people'>;
  readonly clock: Clock;
}

/** Where a lack stands in what the library tells of a prompt. */
const lackKey = 'stronger_sign_in';

/**
 * When a person is asked: to sign in when nobody is, or when a role demands more than the sign-in proved; and to consent
 * when the consent at hand does not cover the request. Whether a consent is at hand is decided in `consents.ts`; the
 * library's own rule about programs on the person's machine is part of that decision.
 */
export function interactionPrompts(parts: PromptParts): interactionPolicy.DefaultPolicy {
  const { Check, base } = interactionPolicy;
  const prompts = base();
  prompts.get('login')?.checks.add(
    // Somebody who was disabled or removed since: the session names an account that there is no more.
    new Check('account_gone', 'End-User authentication is required', ({ oidc }) =>
      oidc.session?.accountId !== undefined && oidc.account === undefined
        ? Check.REQUEST_PROMPT
        : Check.NO_NEED_TO_PROMPT,
    ),
  );
  prompts.get('login')?.checks.add(
    new Check(
      lackKey,
      'A stronger sign-in is required',
      async (ctx) =>
        (await lackOf(ctx, parts)) === undefined ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT,
      async (ctx) => ({ [lackKey]: await lackOf(ctx, parts) }),
    ),
  );
  prompts.get('consent')?.checks.remove('native_client_prompt');
  return prompts;
}

/** What a prompt was raised for by the check above; undefined when it was for something else. */
export function lackIn({ reasons, details }: PromptDetail): StrongerSignIn | undefined {
  return reasons.includes(lackKey) ? (details[lackKey] as StrongerSignIn | undefined) : undefined;
}

/** The first role of the request that demands more of the sign-in of this browser. */
async function lackOf(
  { oidc }: KoaContextWithOIDC,
  { config, store, clock }: PromptParts,
): Promise<StrongerSignIn | undefined> {
  const { session, client, params } = oidc;
  if (session?.accountId === undefined || client === undefined) return undefined;
  const principal = await activePrincipal(store, session.accountId);
  const asked = readScopes(String(params?.scope ?? ''), config().databases);
  if (principal === undefined || asked.outcome !== 'understood') return undefined;
  const proof = proofInSession(session);
  for (const { database, roles } of asked.databases) {
    // Each role by itself: what is asked for by name must all be had.
    for (const one of roles.length === 0 ? [[]] : roles.map((role) => [role])) {
      const access = { database, roles: one };
      const acting = actingRole(principal, client.clientId, access, proof, clock.now());
      if (acting.outcome === 'stronger_sign_in')
        return { ...acting.missing, role: acting.role.name, database: database.name, proof };
    }
  }
  return undefined;
}
