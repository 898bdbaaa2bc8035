import type { TestGateway } from './gateway.ts';
import type { OpenIdProvider, ProvidedPerson } from './openid-provider.ts';
import type { Person } from './person.ts';

export interface SignedInAtProvider {
  readonly person: Person;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** Somebody signs in with the method `corp` at this provider, which knows the gateway, and lets the application in. */
export async function signInAtProvider(
  gateway: TestGateway,
  provider: OpenIdProvider,
  somebody: ProvidedPerson,
  scope = 'db:authdb',
): Promise<SignedInAtProvider> {
  provider.person = somebody;
  const person = gateway.person('viewer');
  const asked = gateway.request({ scope: `${scope} offline_access`, prompt: 'consent' });
  const page = await person.open(asked.url);
  if (page.kind === 'departure') throw new Error(`no sign-in page, but ${page.to}`);
  const link = /href="([^"]+)">Sign in with corp</.exec(page.html)?.[1] ?? '';
  const there = await person.open(new URL(link, page.url));
  if (there.kind === 'page') throw new Error(`not sent to the provider:\n${there.html}`);
  const back = await person.open(await provider.visit(there.to));
  const end = back.kind === 'page' ? await person.submit(back, { decision: 'allow' }) : back;
  if (end.kind === 'page') throw new Error(`no code:\n${end.html}`);
  const { status, body } = await gateway.post('token', {
    grant_type: 'authorization_code',
    client_id: asked.clientId,
    code: end.to.searchParams.get('code') ?? '',
    code_verifier: asked.verifier,
    redirect_uri: asked.redirectUri,
  });
  const { access_token: accessToken, refresh_token: refreshToken } = body;
  if (typeof accessToken !== 'string' || typeof refreshToken !== 'string')
    throw new Error(`tokens are missing: ${status} ${body.error}: ${body.error_description}`);
  return { person, accessToken, refreshToken };
}
