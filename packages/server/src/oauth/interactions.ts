import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import { errors, type Interaction as StoredInteraction } from 'oidc-provider';
import type { Audit } from '../audit/index.ts';
import type { Config } from '../config/index.ts';
import { type Clock, type Principal, principalId, Refusal, type SignInWish } from '../core/index.ts';
import { signInStands } from '../identity/index.ts';
import { qualifyingRoles } from '../policy/index.ts';
import type { RegisteredClient, Store } from '../store/index.ts';
import { activePrincipal, clientName } from './accounts.ts';
import type { AuthorizationServer, Interaction, RequestedAccess } from './authorization-server.ts';
import { callerAddress } from './caller-address.ts';
import { isLoopbackUri } from './client-metadata.ts';
import { clientStanding } from './client-standing.ts';
import type { ConsentScope, Consents } from './consents.ts';
import { lackIn } from './interaction-prompts.ts';
import { createOneAnswer } from './one-answer.ts';
import { resourceOf } from './resources.ts';
import { type AskedDatabase, readScopes, scopeFor } from './scopes.ts';
import { loginOf } from './sign-in-proof.ts';
import { recordSignOut } from './sign-out.ts';

/** What the pages between an authorization request and its answer need. */
export interface InteractionParts {
  readonly config: () => Config;
  readonly store: Pick<Store, 'people' | 'clients' | 'applications' | 'artifacts' | 'locks'>;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly consents: Consents;
}

/** What {@link AuthorizationServer} says of a request that waits for a person. */
export type Interactions = Pick<AuthorizationServer, 'interaction' | 'finishSignIn' | 'finishConsent'>;

/**
 * The steps of a person between the authorization request and the answer. The library finds the request by a cookie
 * that it gave to the browser which started it, so a link sent to somebody else leads nowhere.
 */
export function createInteractions(provider: Provider, parts: InteractionParts): Interactions {
  const oneAnswer = createOneAnswer(provider, parts.store.locks, parts.clock);

  /** The request that waits in this browser; undefined when it expired or is another browser's. */
  async function waiting(
    request: IncomingMessage,
    response: ServerResponse,
    prompt?: Interaction['prompt'],
  ): Promise<StoredInteraction | undefined> {
    try {
      const details = await provider.interactionDetails(request, response);
      return prompt === undefined || details.prompt.name === prompt ? details : undefined;
    } catch (thrown) {
      if (thrown instanceof errors.SessionNotFound) return undefined;
      throw thrown;
    }
  }

  async function clientOf(details: StoredInteraction): Promise<RegisteredClient | undefined> {
    return parts.store.clients.get(String(details.params.client_id));
  }

  return {
    async interaction(request, response, uid) {
      const details = await waiting(request, response);
      const client = details && (await clientOf(details));
      if (details?.uid !== uid || client === undefined) return undefined;
      const standing = await clientStanding(parts.store, client);
      const accountId = details.session?.accountId;
      const atConsent = details.prompt.name === 'consent';
      const principal =
        atConsent && accountId !== undefined ? await activePrincipal(parts.store, accountId) : undefined;
      if (atConsent && principal === undefined) return undefined;
      const asked = askedOf(details, parts.config());
      const renewable =
        Array.isArray(client.metadata.grant_types) && client.metadata.grant_types.includes('refresh_token');
      const { accessMs, refreshMs } = parts.config().tokens;
      return {
        uid,
        prompt: atConsent ? 'consent' : 'login',
        client: {
          id: client.id,
          name: clientName(client),
          selfRegistered: !standing.verified,
          testMode: standing.testMode,
          ...(standing.logo !== undefined && { logo: standing.logo }),
          ...redirectOf(details),
        },
        ...(accountId !== undefined && { accountId }),
        ...(details.prompt.name === 'login' && strongerOf(details)),
        wish: wishOf(details),
        access:
          principal === undefined
            ? []
            : asked.databases.flatMap((one) => resolve(one, principal, client.id, accessMs)),
        otherScopes: asked.identityScopes,
        ...(renewable && { renewableMs: refreshMs }),
      };
    },

    async finishSignIn(request, response, { principal, proof, mark }) {
      const details = await waiting(request, response, 'login');
      if (details === undefined) throw new Refusal('cross_site');
      const accountId = principalId(principal);
      if (!signInStands(await parts.store.people.get(accountId), mark)) return 'ended';
      const before = details.session;
      if (before !== undefined && before.accountId !== accountId) {
        // Somebody else goes on in this browser: the session of the one before ends, and is not carried over.
        const old = await provider.Session.findByUid(before.uid);
        await old?.destroy();
        recordSignOut(parts.audit, before.accountId, request);
        delete details.session;
        await details.persist();
      }
      const { loginTs: ts, amr } = loginOf(proof);
      await provider.interactionFinished(request, response, { login: { accountId, ts, amr, mark } });
      return 'redirected';
    },

    async finishConsent(request, response, decision) {
      const details = await waiting(request, response, 'consent');
      const turn = details && (await oneAnswer.take(details));
      if (turn?.outcome === 'answered') {
        // The same form again, by a second click for instance: the first answer stands, and the browser goes where it led.
        response.writeHead(303, { location: turn.returnTo, 'content-length': 0 }).end();
        return;
      }
      await using _ = turn;
      const client = details && (await clientOf(details));
      const personId = details?.session?.accountId;
      const principal = personId === undefined ? undefined : await activePrincipal(parts.store, personId);
      if (details === undefined || client === undefined || personId === undefined || principal === undefined)
        throw new Refusal('cross_site');
      const config = parts.config();
      const asked = askedOf(details, config);
      const { granted, rejected } = split(asked.databases, principal, client.id, config);
      const remoteAddress = callerAddress(request);

      const { testMode, owner } = await clientStanding(parts.store, client);
      const notTheirs = testMode && owner !== personId;
      const nothingToAllow = asked.databases.length > 0 && Object.keys(granted).length === 0;
      if (decision === 'deny' || nothingToAllow || notTheirs) {
        await parts.audit.recordDurably({
          type: 'consent',
          outcome: 'denied',
          scopes: [...asked.identityScopes, ...asked.databases.flatMap(({ scopes }) => scopes)],
          person: personId,
          client: client.id,
          remoteAddress,
        });
        await finish(request, response, {
          error: 'access_denied',
          error_description:
            decision === 'deny'
              ? 'The person declined.'
              : notTheirs
                ? 'This application waits for approval: until then only its developer can use it.'
                : 'No rule gives this person such a role on what was asked for.',
        });
        return;
      }
      const grantId = await parts.consents.allow({
        personId,
        clientId: client.id,
        granted: { identity: asked.identityScopes, resources: granted },
        rejected: { identity: [], resources: rejected },
        remoteAddress,
      });
      await finish(request, response, { consent: { grantId } });
    },
  };

  function finish(
    request: IncomingMessage,
    response: ServerResponse,
    result: Parameters<Provider['interactionFinished']>[2],
  ): Promise<void> {
    return provider.interactionFinished(request, response, result);
  }
}

/** What the request asks for; nothing when the config changed so much since that it can no longer be read. */
function askedOf(details: StoredInteraction, config: Config) {
  const asked = readScopes(String(details.params.scope ?? ''), config.databases);
  return asked.outcome === 'understood' ? asked : { databases: [], identityScopes: [] };
}

/** One line for each role that was asked for by name, or one for the default role. */
function resolve(
  { database, roles }: AskedDatabase,
  principal: Principal,
  clientId: string,
  tokenMs: number,
): readonly RequestedAccess[] {
  const qualifying = qualifyingRoles(principal, clientId, database);
  const names = roles.length === 0 ? [undefined] : roles;
  return names.map((asked) => {
    const role = asked === undefined ? qualifying[0] : qualifying.find(({ name }) => name === asked);
    return {
      database: database.name,
      role: role?.name,
      asked,
      tokenMs,
      maxSessionMs: role?.maxSessionMs ?? 0,
    };
  });
}

/** Parts what was asked for into what this person may have and what they may not, by resource. */
function split(
  asked: readonly AskedDatabase[],
  principal: Principal,
  clientId: string,
  config: Config,
): { readonly granted: ConsentScope['resources']; readonly rejected: ConsentScope['resources'] } {
  const granted: Record<string, string[]> = {};
  const rejected: Record<string, string[]> = {};
  for (const one of asked) {
    const resource = resourceOf(config.issuer, one.database.name);
    for (const access of resolve(one, principal, clientId, config.tokens.accessMs)) {
      const side = access.role === undefined ? rejected : granted;
      side[resource] = [...(side[resource] ?? []), scopeFor(access.database, access.asked)];
    }
  }
  return { granted, rejected };
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

function redirectOf(details: StoredInteraction): Pick<Interaction['client'], 'redirectHost' | 'redirectUri'> {
  const { redirect_uri: redirectUri } = details.params;
  if (typeof redirectUri !== 'string') return {};
  const host = isLoopbackUri(redirectUri) ? 'this computer' : URL.parse(redirectUri)?.host;
  return { redirectUri, ...(host !== undefined && { redirectHost: host }) };
}
