import type { Interaction as StoredInteraction } from 'oidc-provider';
import type { SignInWish } from '../../core/index.ts';
import { freshPrincipal } from '../accounts.ts';
import type { Interaction } from '../authorization-server.ts';
import { clientFacts } from '../client-facts.ts';
import { isLoopbackUri } from '../client-metadata.ts';
import { clientStanding, isBarred } from '../client-standing.ts';
import { lackIn } from '../interaction-prompts.ts';
import { resolveAccess } from './resolve-access.ts';
import {
  askedOf,
  type Browser,
  clientOf,
  type InteractionContext,
  waitingRequest,
} from './waiting-request.ts';

/** What the sign-in or consent page shows of the request `uid`; undefined when it does not wait in this browser. */
export async function describeRequest(
  context: InteractionContext,
  browser: Browser,
  uid: string,
): Promise<Interaction | undefined> {
  const { store, config } = context;
  const details = await waitingRequest(context, browser);
  const client = details && (await clientOf(context, details));
  if (details?.uid !== uid || client === undefined) return undefined;
  const standing = await clientStanding(store, client);
  const accountId = details.session?.accountId;
  const atConsent = details.prompt.name === 'consent';
  const principal =
    atConsent && accountId !== undefined ? await freshPrincipal(context, accountId) : undefined;
  if (atConsent && principal === undefined) return undefined;
  const asked = askedOf(details, config());
  const { name, grantTypes } = clientFacts(client);
  const { accessMs, refreshMs } = config().tokens;
  return {
    uid,
    prompt: atConsent ? 'consent' : 'login',
    client: {
      id: client.id,
      name,
      selfRegistered: !standing.verified,
      testMode: standing.testMode,
      barred: isBarred(standing, accountId),
      ...(standing.logo !== undefined && { logo: standing.logo }),
      ...redirectOf(details),
    },
    ...(accountId !== undefined && { accountId }),
    ...(details.prompt.name === 'login' && strongerOf(details)),
    wish: wishOf(details),
    ...hintOf(details),
    access:
      principal === undefined
        ? []
        : asked.databases.flatMap((one) => resolveAccess(one, principal, client.id, accessMs)),
    otherScopes: asked.identityScopes,
    ...(grantTypes.includes('refresh_token') && { renewableMs: refreshMs }),
  };
}

/** What `interaction-prompts.ts` found to be missing. */
function strongerOf({ prompt }: StoredInteraction): Pick<Interaction, 'stronger'> {
  const stronger = lackIn(prompt);
  return stronger === undefined ? {} : { stronger };
}

/** By a role's demand, and by the client's own (OpenID Connect Core, section 3.1.2.1). */
function wishOf({ prompt, params }: StoredInteraction): SignInWish {
  const stronger = lackIn(prompt);
  const age = Number(params.max_age ?? Number.NaN) * 1000;
  const limits = [stronger?.withinMs ?? Number.NaN, age].filter(Number.isFinite);
  return {
    factor: stronger?.factor ?? false,
    anew: String(params.prompt ?? '')
      .split(' ')
      .includes('login'),
    ...(limits.length > 0 && { withinMs: Math.min(...limits) }),
  };
}

/** Longer than any user name is no hint. */
const longestHint = 256;

/** Whom the application expects (OpenID Connect Core, section 3.1.2.1). */
function hintOf({ params }: StoredInteraction): Pick<Interaction, 'loginHint'> {
  const { login_hint: hint } = params;
  return typeof hint === 'string' && hint.length <= longestHint ? { loginHint: hint } : {};
}

function redirectOf(details: StoredInteraction): Pick<Interaction['client'], 'redirectHost' | 'redirectUri'> {
  const { redirect_uri: redirectUri } = details.params;
  if (typeof redirectUri !== 'string') return {};
  const host = isLoopbackUri(redirectUri) ? 'this computer' : URL.parse(redirectUri)?.host;
  return { redirectUri, ...(host !== undefined && { redirectHost: host }) };
}
