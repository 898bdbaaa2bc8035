import * as openid from 'openid-client';
import type { Principal } from '../../core/index.ts';
import type { TestBed } from './test-bed.ts';
import { TestBrowser, target } from './test-browser.ts';
import { viewer } from './test-config.ts';

/** How a person goes through the pages. */
export interface Journey {
  readonly clientId: string;
  readonly secret?: string;
  readonly redirectUri: string;
  readonly parameters: Record<string, string>;
  readonly who?: Principal;
  /** When the sign-in method says that the person signed in, in wall-clock milliseconds, 0 for unknown; left out: now. */
  readonly at?: number;
  readonly decision?: 'allow' | 'deny';
  readonly browser?: TestBrowser;
}

interface Arrived {
  readonly configuration: openid.Configuration;
  readonly verifier: string;
  /** Where the browser was sent back to, or where it stopped. */
  readonly url: URL;
  readonly response: Response;
  /** The pages on the way, by prompt, as `interaction()` described them. */
  readonly pages: Record<string, Record<string, unknown>>;
}

/** Takes a browser from the authorization request back to the client. */
export async function authorize(bed: TestBed, journey: Journey): Promise<Arrived> {
  const browser = journey.browser ?? new TestBrowser();
  const configuration = await bed.as(journey.clientId, journey.secret);
  const verifier = openid.randomPKCECodeVerifier();
  const start = openid.buildAuthorizationUrl(configuration, {
    redirect_uri: journey.redirectUri,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...journey.parameters,
  });
  const { response, pages } = await throughThePages(browser, await browser.get(start), journey);
  return { configuration, verifier, url: target(response) ?? new URL(response.url), response, pages };
}

/** Answers the sign-in and consent pages until the browser leaves or is done. */
export async function throughThePages(
  browser: TestBrowser,
  first: Response,
  { who = viewer, at, decision = 'allow' }: Pick<Journey, 'who' | 'at' | 'decision'>,
): Promise<{ readonly response: Response; readonly pages: Arrived['pages'] }> {
  const pages: Arrived['pages'] = {};
  let response = await browser.follow(first);
  for (;;) {
    const [, page = ''] = new URL(response.url).pathname.split('/');
    if ((page !== 'sign-in' && page !== 'consent') || response.status !== 200) return { response, pages };
    pages[page] = (await response.json()) as Record<string, unknown>;
    const proven = { username: who.subject, ...(at !== undefined && { at: String(at) }) };
    const answer: Record<string, string> = page === 'sign-in' ? proven : { decision };
    response = await browser.follow(await browser.post(response.url, answer));
  }
}

/** The whole code grant, down to the tokens. */
export async function signInAndGetTokens(
  bed: TestBed,
  journey: Journey & { readonly tokenParameters?: Record<string, string> },
): Promise<Arrived & { readonly tokens: Tokens }> {
  const arrived = await authorize(bed, journey);
  const tokens = await openid.authorizationCodeGrant(
    arrived.configuration,
    arrived.url,
    {
      pkceCodeVerifier: arrived.verifier,
      ...(journey.parameters.state && { expectedState: journey.parameters.state }),
    },
    journey.tokenParameters,
  );
  return { ...arrived, tokens: tokens as unknown as Tokens };
}

/** The answer of the token endpoint. */
export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly scope: string;
  readonly expires_in: number;
  readonly id_token?: string;
  readonly [extra: string]: unknown;
}

/** One POST to the token endpoint, as raw as a test wants it. */
export async function tokenRequest(
  bed: TestBed,
  form: Record<string, string> | URLSearchParams,
  headers: Record<string, string> = {},
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const response = await fetch(`${bed.issuer}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers,
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** The Authorization header of a client with a secret. */
export function basic(clientId: string, secret: string): Record<string, string> {
  const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}
