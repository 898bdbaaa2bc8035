import type Provider from 'oidc-provider';

/** What an access token looks like: 47 URL-safe characters, so that it fits the 79 of the `mysql -p` prompt. */
export const accessTokenShape = /^gwt_[\w-]{43}$/;

/** A prefix tells people and secret scanners what a string is. */
const prefixes = {
  AccessToken: 'gwt_',
  ClientCredentials: 'gwt_',
  RefreshToken: 'gwr_',
  AuthorizationCode: 'gwc_',
  DeviceCode: 'gwd_',
} as const;

interface Identified {
  generateTokenId(): string;
}

/** Puts a prefix before the library's 256 random bits. */
export function prefixTokens(provider: Provider): void {
  for (const [model, prefix] of Object.entries(prefixes)) {
    const prototype = (provider as unknown as Record<string, { prototype: Identified }>)[model]?.prototype;
    if (prototype === undefined) throw new Error(`the OAuth library has no model ${model}`);
    const generate = prototype.generateTokenId;
    prototype.generateTokenId = function (this: Identified) {
      return prefix + generate.call(this);
    };
  }
}
