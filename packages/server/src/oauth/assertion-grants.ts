import type Provider from 'oidc-provider';
import { errors, type TokenEndpointGrantContext } from 'oidc-provider';
import type { Audit } from '../audit/index.ts';
import type { Config } from '../config/index.ts';
import { type Clock, type Principal, principalId, Secret } from '../core/index.ts';
import { type SignedClaims, subjectOfToken, type TokenProof } from '../identity/index.ts';
import type { Store } from '../store/index.ts';
import type { AuthorizationServer } from './authorization-server.ts';
import { jwtBearerGrant, tokenExchangeGrant } from './client-metadata.ts';
import { asLastSeen } from './direct-access.ts';
import type { ResourceIndicators } from './resource-indicators.ts';
import { resourceOf } from './resources.ts';
import type { SignedForms } from './signed-form.ts';

/** What the two grants need. */
export interface AssertionGrantParts {
  readonly config: () => Config;
  readonly store: Pick<Store, 'people' | 'attempts'>;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly trusted: (token: Secret) => Promise<TokenProof>;
  readonly verifyToken: AuthorizationServer['verifyToken'];
  readonly signedForms: Pick<SignedForms, 'sign'>;
  readonly indicators: ResourceIndicators;
}

const tokenType = 'urn:ietf:params:oauth:token-type:';
/** The types of RFC 8693, section 3, under which a signed token may come. */
const signedTypes: ReadonlySet<unknown> = new Set([`${tokenType}jwt`, `${tokenType}id_token`]);

interface ExchangeParameters {
  readonly subject_token?: string;
  readonly subject_token_type?: string;
  readonly requested_token_type?: string;
  readonly actor_token?: string;
}
type ExchangeContext = TokenEndpointGrantContext<ExchangeParameters & Record<string, unknown>>;
type AssertionContext = TokenEndpointGrantContext<{ readonly assertion?: string } & Record<string, unknown>>;

/**
 * Teaches the library the two grants of programs that prove themselves with a token of another issuer: token exchange
 * (RFC 8693), as often as the token is good, and JWT assertions (RFC 7523), each of them once. Token exchange also
 * gives the signed form of an access token, to the client that has it.
 */
export function registerAssertionGrants(provider: Provider, parts: AssertionGrantParts): void {
  provider.registerGrantType<ExchangeParameters & Record<string, unknown>>(
    tokenExchangeGrant,
    async (ctx) => {
      const { subject_token, subject_token_type, requested_token_type, actor_token, audience } =
        ctx.oidc.params;
      // Passed over in silence, the token would be for another target than the program asked for.
      if (audience !== undefined)
        throw new errors.InvalidTarget('name the database by scope or resource, not by audience');
      if (actor_token !== undefined) throw new errors.InvalidRequest('actor_token is not offered here');
      if (typeof subject_token !== 'string') throw new errors.InvalidRequest('subject_token is missing');
      const subject = new Secret(subject_token);
      if (subject_token_type === `${tokenType}access_token`) {
        if (requested_token_type !== `${tokenType}jwt`)
          throw new errors.InvalidRequest(
            `an access token is exchanged for its signed form only: requested_token_type=${tokenType}jwt`,
          );
        return await giveSignedForm(ctx, subject, parts);
      }
      if (!signedTypes.has(subject_token_type))
        throw new errors.InvalidRequest(`subject_token_type is ${[...signedTypes].join(' or ')}`);
      if ((requested_token_type ?? `${tokenType}access_token`) !== `${tokenType}access_token`)
        throw new errors.InvalidRequest('only access tokens are given for this');
      const principal = await proven(ctx, subject, parts);
      await giveAccessToken(provider, ctx, principal, parts);
      ctx.body = { ...Object(ctx.body), issued_token_type: `${tokenType}access_token` };
    },
    [
      ...['subject_token', 'subject_token_type', 'requested_token_type', 'actor_token', 'actor_token_type'],
      ...['scope', 'resource', 'audience'],
    ],
    ['resource', 'audience'],
  );

  provider.registerGrantType<{ readonly assertion?: string } & Record<string, unknown>>(
    jwtBearerGrant,
    async (ctx: AssertionContext) => {
      const { assertion } = ctx.oidc.params;
      if (typeof assertion !== 'string') throw new errors.InvalidRequest('assertion is missing');
      const principal = await proven(ctx, new Secret(assertion), parts, (signed) => useOnce(signed, parts));
      await giveAccessToken(provider, ctx, principal, parts);
    },
    ['assertion', 'scope', 'resource'],
    ['resource'],
  );
}

/**
 * Who a signed token speaks of; recorded as a sign-in, durably, whatever comes of it. `use` says whether a genuine token
 * may be used now: a refused one has no effect and is recorded as such. @throws errors.InvalidGrant
 */
async function proven(
  ctx: ExchangeContext | AssertionContext,
  token: Secret,
  { config, store, audit, clock, trusted }: AssertionGrantParts,
  use: (signed: SignedClaims) => Promise<'usable' | { readonly unusable: string }> = async () => 'usable',
): Promise<Principal> {
  const about = { type: 'sign_in', remoteAddress: ctx.ip, client: ctx.oidc.client.clientId } as const;
  const refuse = async (method: string, reason: string, detail: string) => {
    await audit.recordDurably({ ...about, method, outcome: 'failed', reason });
    return new errors.InvalidGrant(`the token was not taken: ${detail}`);
  };
  const proof = await trusted(token);
  if (proof.outcome === 'refused') {
    if (proof.reason === 'unavailable')
      throw new errors.TemporarilyUnavailable('The issuer of this token does not answer. Try again shortly.');
    throw await refuse('unknown', 'not_genuine', proof.detail);
  }
  const { signed } = proof;
  const subject = subjectOfToken(signed, config(), clock.now());
  if (subject.outcome === 'nobody') throw await refuse('unknown', 'nobody', subject.detail);
  const { method } = subject.principal;
  const used = await use(signed);
  if (used !== 'usable') throw await refuse(method, 'not_genuine', used.unusable);
  const principal = await asLastSeen(subject.principal, signed, store, clock);
  if (principal === 'disabled') throw await refuse(method, 'disabled', 'it is of somebody who is disabled');
  const person = principalId(principal);
  await audit.recordDurably({
    ...about,
    method,
    outcome: 'succeeded',
    person,
    subject: foreignSubject(signed),
  });
  return principal;
}

/** What the other issuer calls whom it signed for: `repo:acme/app:ref:refs/heads/main`. */
function foreignSubject({ issuer, claims }: SignedClaims): string {
  return `${String(claims.sub)} at ${issuer}`;
}

/** RFC 7523, section 3, point 7: an assertion that has a name is taken once, by whichever gateway. */
async function useOnce(
  { issuer, tokenId, expiresAt }: SignedClaims,
  { store, clock }: AssertionGrantParts,
): Promise<'usable' | { readonly unusable: string }> {
  if (tokenId === undefined) return { unusable: 'the assertion has no jti' };
  const now = clock.now();
  // As long as it is good, with the clocks' skew.
  const windowMs = Math.max(0, expiresAt * 1000 - now) + 120_000;
  const { count } = await store.attempts.add(`assertion:${issuer}:${tokenId}`, windowMs, now);
  return count > 1 ? { unusable: 'the assertion was used before' } : 'usable';
}

/** An access token as anybody's, for one database, under a consent of its own that ends with it. */
async function giveAccessToken(
  provider: Provider,
  ctx: ExchangeContext | AssertionContext,
  principal: Principal,
  { indicators }: AssertionGrantParts,
): Promise<void> {
  const { client, params } = ctx.oidc;
  const resources = params.resource ?? (await indicators.defaultResource(ctx, client));
  const [resource, ...others] = Array.isArray(resources) ? resources : [resources];
  if (resource === undefined || others.length > 0)
    throw new errors.InvalidTarget('An access token is for one database: ask for scopes of one.');
  const server = new provider.ResourceServer(
    resource,
    await indicators.getResourceServerInfo(ctx, resource, client),
  );
  const scope = [...ctx.oidc.requestParamScopes].filter((one) => server.scopes.has(one)).join(' ');
  const accountId = principalId(principal);
  if (client.tlsClientCertificateBoundAccessTokens)
    throw new errors.InvalidGrant(
      'the tokens of this client are bound to its certificate: it asks for them itself',
    );
  const grant = new provider.Grant({ accountId, clientId: client.clientId });
  grant.addResourceScope(resource, scope);
  const grantId = await grant.save();
  const token = new provider.AccessToken({
    accountId,
    client,
    grantId,
    scope,
    gty: 'token_exchange',
    expiresWithSession: false,
  });
  token.resourceServer = server;
  ctx.oidc.entity('AccessToken', token);
  const access_token = await token.save();
  ctx.body = { access_token, token_type: 'Bearer', expires_in: token.expiration, scope };
}

/** Only to the client that has the access token: the signed form is good for the same, and ends when it ends. */
async function giveSignedForm(
  ctx: ExchangeContext,
  given: Secret,
  { config, verifyToken, signedForms }: AssertionGrantParts,
): Promise<void> {
  const verdict = await verifyToken(given);
  if (verdict.outcome === 'invalid' || verdict.token.clientId !== ctx.oidc.client.clientId)
    throw new errors.InvalidGrant('the access token is not valid, or not this client’s');
  const { tokenHash, principal, database, expiresAt, scopes } = verdict.token;
  const jwt = await signedForms.sign({
    tokenHash,
    person: principalId(principal),
    resource: resourceOf(config().issuer, database),
    expiresAt,
  });
  ctx.body = {
    access_token: jwt.reveal(),
    issued_token_type: `${tokenType}jwt`,
    token_type: 'N_A',
    scope: scopes.join(' '),
  };
}
