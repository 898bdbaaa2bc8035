import * as oauth from 'oauth4webapi';
import { GrantwayError, isBrokenOff, toGrantwayError } from './errors.ts';
import { isLoopbackHost } from './loopback.ts';

/** How long one request may take, in milliseconds. */
const requestTimeoutMs = 15_000;

/** A Grantway that was discovered and checked, and the client that talks to it. */
export interface Gateway {
  /** The issuer as its discovery document writes it. */
  readonly issuer: string;
  readonly metadata: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  /** How the client proves itself: not at all when it is public (PKCE protects its codes), else by its secret. */
  readonly clientAuth: oauth.ClientAuth;
  /** What every request of the protocol library gets. */
  readonly request: RequestOptions;
}

interface RequestOptions {
  readonly signal: () => AbortSignal;
  readonly [oauth.allowInsecureRequests]: boolean;
}

/**
 * Reads the discovery document of `issuer` (OpenID Connect Discovery 1.0, section 4) and checks that it is about
 * exactly this issuer and that every endpoint lives on the issuer's origin, so that a forged document cannot send
 * a code or a refresh token elsewhere.
 * @throws GrantwayError `insecure_issuer`, `not_a_gateway`, `issuer_mismatch`, `network`, `unavailable`
 */
export async function discover(issuer: string, clientId: string, clientSecret?: string): Promise<Gateway> {
  const url = parseIssuer(issuer);
  const shown = url.pathname === '/' ? url.origin : url.href;
  const request: RequestOptions = {
    signal: () => AbortSignal.timeout(requestTimeoutMs),
    [oauth.allowInsecureRequests]: url.protocol === 'http:',
  };
  const response = await answered(oauth.discoveryRequest(url, request));
  if (response.status !== 200) {
    const leadsTo = originOf(response.headers.get('location'));
    throw leadsTo === undefined || leadsTo === url.origin
      ? new GrantwayError('not_a_gateway', `There is no Grantway at ${shown}.`)
      : new GrantwayError(
          'issuer_mismatch',
          `${shown} leads to ${leadsTo}. If you trust that address, use it.`,
        );
  }
  const metadata = await processed(oauth.processDiscoveryResponse(url, response), (thrown) => {
    if (isBrokenOff(thrown)) return toGrantwayError(thrown);
    return thrown instanceof oauth.OperationProcessingError && thrown.code === oauth.JSON_ATTRIBUTE_COMPARISON
      ? new GrantwayError('issuer_mismatch', `The server at ${shown} calls itself by another name.`)
      : new GrantwayError('not_a_gateway', `There is no Grantway at ${shown}.`, { cause: thrown });
  });
  assertSameOrigin(metadata, url.origin);
  return {
    issuer: metadata.issuer,
    metadata,
    client: { client_id: clientId },
    // The library form-encodes both parts (RFC 6749, 2.3.1), which many do not, and then a secret with a "+" fails.
    clientAuth: clientSecret === undefined ? oauth.None() : oauth.ClientSecretBasic(clientSecret),
    request,
  };
}

/** Where a redirect leads; undefined when it is none, or to nowhere that can be told. */
function originOf(location: string | null): string | undefined {
  const origin = location === null ? undefined : URL.parse(location)?.origin;
  return origin === 'null' ? undefined : origin;
}

function parseIssuer(issuer: string): URL {
  if (!URL.canParse(issuer)) {
    throw new GrantwayError('not_a_gateway', `"${issuer}" is not an address. Write it as https://host.`);
  }
  const url = new URL(issuer);
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    throw new GrantwayError(
      'insecure_issuer',
      `${url.origin} is not encrypted. Use https:// (http:// is for this machine only).`,
    );
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new GrantwayError('insecure_issuer', `"${issuer}" is not an https:// address.`);
  }
  return url;
}

const endpoints = [
  'authorization_endpoint',
  'token_endpoint',
  'device_authorization_endpoint',
  'revocation_endpoint',
  'userinfo_endpoint',
] as const;

function assertSameOrigin(metadata: oauth.AuthorizationServer, origin: string): void {
  for (const name of endpoints) {
    const value = metadata[name];
    if (value === undefined) continue;
    if (!URL.canParse(value) || new URL(value).origin !== origin) {
      throw new GrantwayError('issuer_mismatch', `The server at ${origin} names a foreign ${name}.`);
    }
  }
}

/**
 * Waits for an HTTP answer; an answer that says "later" (429, 5xx) is an error of its own, so that callers can
 * tell it from a refusal. @throws GrantwayError `network`, `unavailable`
 */
export async function answered(request: Promise<Response>): Promise<Response> {
  const response = await processed(request);
  if (response.status !== 429 && response.status < 500) return response;
  await response.body?.cancel();
  throw new GrantwayError('unavailable', `The server is not available at the moment (${response.status}).`);
}

/** Waits for the library to check an answer, and gives its failures as {@link GrantwayError}. */
export async function processed<T>(
  result: Promise<T>,
  map: (thrown: unknown) => GrantwayError = toGrantwayError,
): Promise<T> {
  try {
    return await result;
  } catch (thrown) {
    throw map(thrown);
  }
}
