import type { OidcConfig } from '../../packages/server/src/config/index.ts';
import { Secret, systemClock } from '../../packages/server/src/core/index.ts';
import type { ProviderLink, ProviderSession } from '../../packages/server/src/identity/index.ts';
import { oidcMethod } from '../../packages/server/src/identity/oidc/index.ts';
import type { OpenIdProvider } from './openid-provider.ts';

/** `ann`, an analyst, signs in at a provider; gives what Grantway keeps of it, and the line to the provider. */
export async function signedInAt(
  provider: OpenIdProvider,
  now = Date.now,
): Promise<{ readonly link: ProviderLink; readonly session: ProviderSession }> {
  const redirectUri = 'http://127.0.0.1:9/sign-in/callback/corp';
  provider.sendBackTo(redirectUri);
  provider.person = { sub: 'ann', groups: ['analysts'] };
  const config: OidcConfig = {
    kind: 'oidc',
    name: 'corp',
    label: 'corp',
    issuer: provider.issuer,
    clientId: provider.clientId,
    scopes: ['groups', 'warehouse'],
    claims: { groups: ['groups'], others: {} },
    signInEveryMs: 86_400_000,
    rereadEveryMs: 900_000,
  };
  const secret = async () => new Secret(provider.clientSecret);
  const method = oidcMethod({ config, secret, redirectUri, clock: { ...systemClock, now } });
  const begun = await method.begin();
  if (begun.outcome !== 'redirect') throw new Error(`not begun: ${begun.detail}`);
  const proven = await method.finish(await provider.visit(begun.location), begun.memory);
  if (proven.outcome !== 'proven' || proven.atProvider === undefined || method.afterwards === undefined)
    throw new Error(`not signed in: ${JSON.stringify(proven)}`);
  return { link: method.afterwards, session: proven.atProvider };
}
