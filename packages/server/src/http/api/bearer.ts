import type { FastifyRequest } from 'fastify';
import type { Config } from '../../config/index.ts';
import { type ClientCertificate, Refusal, Secret } from '../../core/index.ts';
import {
  type AskedAtDoor,
  type AuthorizationServer,
  type TokenVerdict,
  tokenRefusal,
  type VerifiedToken,
} from '../../oauth/index.ts';

/**
 * The access token of a request (RFC 6750 section 2.1: the header only, never the query or the body).
 * @throws Refusal `token_missing`
 */
function bearerToken(request: FastifyRequest): Secret {
  const [, token] = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (token === undefined) throw new Refusal('token_missing');
  return new Secret(token);
}

/** The same, or nothing where a certificate that signs its holder in stands for it. @throws Refusal `token_missing` */
export function presentedToken(request: FastifyRequest, certificate: ClientCertificate | undefined): Secret {
  const isNeeded = certificate?.trusted !== true || request.headers.authorization !== undefined;
  return isNeeded ? bearerToken(request) : new Secret('');
}

/** What verifies the tokens of requests. */
export interface TokenVerification {
  readonly authorizationServer: Pick<AuthorizationServer, 'verifyToken'>;
  /** What the caller showed in its TLS handshake. */
  readonly certificateOf: (request: FastifyRequest) => ClientCertificate | undefined;
}

/** What everything under `/api/v1` works with. */
export interface ApiParts extends TokenVerification {
  /** The configuration as of now; a reload replaces it. */
  readonly config: () => Config;
}

const ownVerdicts = new WeakMap<FastifyRequest, Promise<TokenVerdict>>();

/**
 * Whether the request carries a token that we issued ourselves; looked up once a request, however many ask. A provider's
 * token is `invalid` here: what that one is depends on the database. @throws Refusal `token_missing`
 */
export function ownTokenVerdict(
  request: FastifyRequest,
  { authorizationServer, certificateOf }: TokenVerification,
): Promise<TokenVerdict> {
  const certificate = certificateOf(request);
  const verdict =
    ownVerdicts.get(request) ??
    authorizationServer.verifyToken(presentedToken(request, certificate), undefined, certificate);
  ownVerdicts.set(request, verdict);
  return verdict;
}

/**
 * Verifies the token of a request for what is answered here and not by a session. A provider's token is taken only with
 * `asked`. @throws Refusal
 */
export async function verifiedToken(
  request: FastifyRequest,
  { authorizationServer, certificateOf }: TokenVerification,
  asked?: AskedAtDoor,
): Promise<VerifiedToken> {
  const verdict = await authorizationServer.verifyToken(bearerToken(request), asked, certificateOf(request));
  if (verdict.outcome === 'valid') return verdict.token;
  throw tokenRefusal(verdict);
}
