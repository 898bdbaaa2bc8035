import Provider, { type Adapter, type AdapterPayload, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Config } from '../config/index.ts';
import type { Clock } from '../core/index.ts';
import { hashSecret } from '../core/index.ts';
import type { Store, StoredArtifact } from '../store/index.ts';
import type { Handles } from './handles.ts';
import type { RefreshReplay } from './refresh-replay.ts';
import type { Revoker } from './revoker.ts';
import { isTooOld } from './session-age.ts';
import { fromStored, type KnownValues, toStored } from './stored-payload.ts';

/** What the adapter of every model but `Client` needs. */
export interface ArtifactAdapterParts {
  readonly config: () => Config;
  readonly store: Pick<Store, 'artifacts'>;
  readonly handles: Handles;
  readonly revoker: Revoker;
  readonly replay: RefreshReplay;
  readonly clock: Clock;
  /**
   * Called before a code is used up, with the resources that it is for: refuses a request that names none of
   * several, so that the client can ask again with the same code.
   */
  readonly checkTarget: (ctx: KoaContextWithOIDC, resources: unknown) => void;
}

/**
 * Access tokens are looked for past their end this long, so that the audit can tell an expired one from a made-up
 * one. Whoever reads them compares the expiry itself.
 */
const keptAfterExpiryMs = 10 * 60_000;

/** Client credentials tokens lie with the other access tokens, so that a door finds either with one read. */
function storedModel(model: string): string {
  return model === 'ClientCredentials' ? 'AccessToken' : model;
}

/** Keeps one of the library's models in the store, by hashes only; single use has one winner. */
export function artifactAdapter(name: string, parts: ArtifactAdapterParts): Adapter {
  const { handles, revoker, replay, clock } = parts;
  const { artifacts } = parts.store;
  const model = storedModel(name);

  /** Gives an artifact to the library, which takes a consumed one for a replay. */
  const known = (stored: StoredArtifact | undefined, values: KnownValues): AdapterPayload | undefined => {
    if (stored === undefined) return undefined;
    if (model === 'Session' && isTooOld(stored.payload, parts.config(), clock.now())) return undefined;
    const payload = fromStored(stored, values, handles);
    // Within the window a used refresh token is a retry: `consume` below tells it from the first use.
    if (model === 'RefreshToken' && replay.isOpen(stored)) delete payload.consumed;
    return payload;
  };

  return {
    async upsert(id, payload, expiresIn) {
      const kept = model === 'AccessToken' ? keptAfterExpiryMs : 0;
      await artifacts.upsert({
        model,
        idHash: handles.hashOf(id),
        ...toStored(model, id, payload, handles),
        ...(expiresIn !== undefined && { expiresAt: clock.now() + expiresIn * 1000 + kept }),
        ...(payload.grantId !== undefined && model !== 'Interaction' && { grantId: payload.grantId }),
        ...ownerOf(payload),
        ...(payload.clientId !== undefined && { clientId: payload.clientId }),
      });
    },

    async find(id) {
      return known(await artifacts.find(model, handles.hashOf(id)), { id });
    },

    async findByUid(uid) {
      return known(await artifacts.findByUid(model, hashSecret(uid)), {});
    },

    async findByUserCode(userCode) {
      return known(await artifacts.findByUserCode(model, handles.hashOf(userCode)), { userCode });
    },

    async consume(id) {
      const idHash = handles.hashOf(id);
      if (model === 'AuthorizationCode' || model === 'DeviceCode') await checkTargetOf(idHash);
      const outcome = await artifacts.consume(model, idHash, clock.now());
      if (outcome === 'consumed') return;
      if (outcome === 'already_consumed') {
        if (model === 'RefreshToken' && (await replay.takeOver(idHash)) === 'taken_over') return;
        if (model === 'AuthorizationCode') await revokeGrantOf(idHash);
      }
      // Of concurrent uses one wins; this is another one, or the artifact was revoked meanwhile.
      throw model === 'PushedAuthorizationRequest'
        ? new errors.InvalidRequestUri('request_uri is invalid, expired, or was already used')
        : new errors.InvalidGrant();
    },

    async destroy(id) {
      // The library removes a grant only to revoke it.
      if (model === 'Grant') await revoker.consent(id, causeOf(Provider.ctx), 'grantway');
      else await artifacts.destroy(model, handles.hashOf(id));
    },

    async revokeByGrantId() {
      // Nothing: the library calls this for each kind of token together with the removal of the grant, and that
      // ends all of them at once.
    },
  };

  async function checkTargetOf(idHash: string): Promise<void> {
    const code = await artifacts.find(model, idHash);
    if (Provider.ctx !== undefined) parts.checkTarget(Provider.ctx, code?.payload.resource);
  }

  /** A code that is used again may have been stolen: what the first use gave ends (RFC 6749, section 4.1.2). */
  async function revokeGrantOf(idHash: string): Promise<void> {
    const code = await artifacts.find(model, idHash);
    if (code?.grantId === undefined) return;
    await revoker.consent(code.grantId, 'an authorization code was used twice', 'grantway');
  }
}

/** Whose it is. A request that waits is somebody's as soon as they proved who they are: it ends with their sessions. */
function ownerOf({ accountId, result }: AdapterPayload): { readonly accountId?: string } {
  const owner = accountId ?? result?.login?.accountId;
  return owner === undefined ? {} : { accountId: owner };
}

function causeOf(ctx: typeof Provider.ctx): string {
  if (ctx?.oidc.route !== 'token') return 'you signed out';
  return ctx.oidc.params?.grant_type === 'refresh_token'
    ? 'a refresh token was used twice'
    : 'an authorization code was used twice';
}
