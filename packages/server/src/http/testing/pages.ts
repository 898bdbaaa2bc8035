import type { Site } from './site.ts';

/** What the application `acme` sends a browser to. */
export function authorizationRequest(
  { issuer }: Site,
  parameters: Readonly<Record<string, string>> = {},
): URL {
  const url = new URL('/oauth/authorize', issuer);
  url.search = new URLSearchParams({
    client_id: 'acme',
    response_type: 'code',
    redirect_uri: 'http://127.0.0.1:1/callback',
    scope: 'db:authdb',
    state: 'state',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...parameters,
  }).toString();
  return url;
}

/** A page that is expected to be one. */
export async function shown<End extends { readonly kind: string }>(
  reached: Promise<End>,
): Promise<Extract<End, { readonly kind: 'page' }>> {
  const end = await reached;
  if (!isPage(end)) throw new Error(`the page led away: ${JSON.stringify(end)}`);
  return end;
}

function isPage<End extends { readonly kind: string }>(
  end: End,
): end is Extract<End, { readonly kind: 'page' }> {
  return end.kind === 'page';
}

/** The form token of the first form of a page. */
export function formToken({ html }: { readonly html: string }): string {
  return /name="form_token" value="([^"]*)"/.exec(html)?.[1] ?? '';
}

/** Posts fields as a program would, with the person's cookies. */
export function post(
  person: { fetch(path: string, init: RequestInit): Promise<Response> },
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return person.fetch(path, { method: 'POST', body: new URLSearchParams(fields), headers });
}

/** Status and code of a problem document. */
export async function refusal(response: Response): Promise<readonly [status: number, code: unknown]> {
  const body: unknown = await response.json();
  return [
    response.status,
    typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined,
  ];
}
