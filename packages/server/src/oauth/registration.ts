import type { ClientMetadata, KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';
import type { Config } from '../config/index.ts';
import { Refusal } from '../core/index.ts';
import { checkDocument } from './client-documents.ts';
import {
  assertClientName,
  assertRedirectUris,
  deviceCodeGrant,
  guessedApplicationType,
  ownMetadata,
} from './client-metadata.ts';
import { assertRedirectHosts } from './registration-policy.ts';
import { isIdentityScope } from './scopes.ts';
import { textsIn } from './texts-in.ts';

/** What a stranger may register for. Acting for itself is not in it: a rule for everyone would let it in. */
const grantsForStrangers = ['authorization_code', 'refresh_token', deviceCodeGrant];

/** Addresses that would have to be fetched, or trusted, or shown. */
const refusedAddresses = [
  'jwks_uri',
  'sector_identifier_uri',
  'initiate_login_uri',
  'backchannel_logout_uri',
];
const droppedAddresses = ['logo_uri', 'client_uri', 'policy_uri', 'tos_uri', 'contacts', 'jwks'];

/**
 * Checks and completes what a client registers about itself (RFC 7591). The library calls it for each of our own
 * metadata fields, before its own checks, also for clients out of the store; those come without a context.
 * @throws errors.InvalidClientMetadata
 */
export function checkSelfRegistration(
  policy: Pick<Config, 'registration'>,
  ctx: KoaContextWithOIDC | undefined,
  field: string,
  _value: unknown,
  metadata: ClientMetadata,
): void {
  if (field === ownMetadata.origin && metadata[ownMetadata.origin] === 'document') {
    checkDocument(policy, metadata);
    return;
  }
  if (field !== ownMetadata.origin || ctx?.oidc.route !== 'registration') return;
  const redirectUris = textsIn(metadata.redirect_uris);
  const name: unknown = metadata.client_name ?? 'unnamed';
  fitting('client_name', () => assertClientName(typeof name === 'string' ? name : ''));
  fitting('redirect_uris', () => {
    assertRedirectHosts(policy, redirectUris);
    assertRedirectUris(redirectUris);
  });
  fitting('post_logout_redirect_uris', () => assertRedirectUris(textsIn(metadata.post_logout_redirect_uris)));
  for (const address of refusedAddresses)
    if (metadata[address] !== undefined)
      throw new errors.InvalidClientMetadata(`${address} is not taken: nothing is fetched for a client`);
  for (const address of droppedAddresses) delete metadata[address];
  const unwanted = textsIn(metadata.grant_types).find((grant) => !grantsForStrangers.includes(grant));
  if (unwanted !== undefined)
    throw new errors.InvalidClientMetadata(`the grant type ${unwanted} is not offered`);
  if (ctx.oidc.body?.application_type === undefined)
    metadata.application_type = guessedApplicationType(redirectUris);
  // The library knows only the scopes about the person; what a client may ask for is kept in a field of our own.
  const scopes = typeof metadata.scope === 'string' ? metadata.scope : undefined;
  delete metadata.scope;
  delete metadata[ownMetadata.scope];
  if (scopes?.split(' ').some((scope) => scope.startsWith('db:') || isIdentityScope(scope)))
    metadata[ownMetadata.scope] = scopes;
  metadata[ownMetadata.origin] = 'registration';
}

/** The library answers `invalid_redirect_uri` where the field that it names is `redirect_uris`. */
function fitting(field: string, check: () => void): void {
  try {
    check();
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    throw new errors.InvalidClientMetadata(`${field}: ${thrown.message}`);
  }
}

/** The answer to a registration, with `scope` where RFC 7591 puts it. */
export function registrationAnswer(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { [ownMetadata.scope]: scope, [ownMetadata.origin]: _, ...answer } = body;
  return { ...answer, ...(scope !== undefined && { scope }) };
}
