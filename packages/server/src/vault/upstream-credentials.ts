import { type EngineName, Refusal, takesIssuedLogin } from '../core/index.ts';
import type { UpstreamCredentials } from './vault.ts';

/**
 * Chooses for each role where its logins come from: the passwords that are configured or sealed, or whoever issues
 * logins for this kind of database.
 */
export function upstreamCredentials(
  passwords: UpstreamCredentials,
  issuers: Readonly<Partial<Record<EngineName, UpstreamCredentials>>>,
): UpstreamCredentials {
  return {
    candidates(permit, request) {
      if (!takesIssuedLogin(permit)) return passwords.candidates(permit, request);
      const issuer = issuers[permit.database.engine];
      if (issuer !== undefined) return issuer.candidates(permit, request);
      throw new Refusal(
        'upstream_refused_login',
        { request },
        `nobody issues logins for ${permit.database.engine}`,
      );
    },
  };
}
