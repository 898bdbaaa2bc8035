import type { Grant } from 'oidc-provider';
import type { StoredArtifact } from '../store/index.ts';

/** All scopes that a stored consent covers: those about the person first, then those of databases. */
export function consentedScopes({ payload }: Pick<StoredArtifact, 'payload'>): readonly string[] {
  const { openid, resources } = payload as Pick<Grant, 'openid' | 'resources'>;
  return [
    ...(openid?.scope?.split(' ') ?? []),
    ...Object.values(resources ?? {}).flatMap((scopes) => scopes.split(' ')),
  ];
}

/** The id of a consent, by which pages, tokens and records name it. */
export function consentIdOf({ payload }: Pick<StoredArtifact, 'payload'>): string {
  return String(payload.jti);
}
