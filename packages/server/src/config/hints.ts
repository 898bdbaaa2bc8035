import type { Config } from './config.ts';

/** Where a server of Keycloak has its realms: the only thing in a config that tells which product a provider is. */
const keycloakRealm = /\/realms\/[^/]+$/;

/**
 * What is no mistake, and yet may not do what somebody expects of it; one paragraph each, for `grantway check`. It looks
 * at nothing but the file.
 */
export function configHints({ signIn }: Pick<Config, 'signIn'>): readonly string[] {
  return signIn
    .filter(
      (method) =>
        method.kind === 'oidc' &&
        keycloakRealm.test(method.issuer) &&
        (method.scopes?.includes('offline_access') ?? true),
    )
    .map(
      ({ name }) =>
        `signIn.${name}: this looks like Keycloak, and Keycloak sends no back-channel logout for a sign-in that asked for offline_access. ` +
        'To be told of sign-outs there, write scopes: [profile, email]: Keycloak gives a refresh token in any case.',
    );
}
