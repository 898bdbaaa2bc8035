import type { AdapterPayload } from 'oidc-provider';
import { hashSecret } from '../core/index.ts';
import type { Artifact, StoredArtifact } from '../store/index.ts';
import type { Handles } from './handles.ts';

/** Stands for an interaction's own id inside its payload. */
const ownId = '{uid}';

/**
 * Turns the library's payload into what may lie in the store: without any value that somebody could present. The
 * id itself, a device's user code, and the codes that an interaction refers to become hashes.
 */
export function toStored(
  model: string,
  id: string,
  payload: AdapterPayload,
  handles: Handles,
): Pick<Artifact, 'payload' | 'uidHash' | 'userCodeHash'> {
  const { jti, consumed: _, ...kept } = payload;
  switch (model) {
    case 'Grant':
      // A consent's id is no credential: pages, tokens and audit records name it.
      return { payload: { ...kept, jti } };
    case 'Session':
      return { payload: kept, ...(kept.uid !== undefined && { uidHash: hashSecret(kept.uid) }) };
    case 'DeviceCode': {
      const { userCode, ...rest } = kept;
      return { payload: rest, ...(userCode !== undefined && { userCodeHash: handles.hashOf(userCode) }) };
    }
    case 'Interaction': {
      const { returnTo, session, deviceCode, parJti, ...rest } = kept;
      const { cookie: __, ...account } = session ?? {};
      return {
        payload: {
          ...rest,
          ...(returnTo !== undefined && { returnTo: returnTo.replace(id, ownId) }),
          ...(session !== undefined && { session: account }),
          ...(deviceCode !== undefined && { deviceCode: handles.hashOf(deviceCode) }),
          ...(parJti !== undefined && { parJti: handles.hashOf(parJti) }),
        },
      };
    }
    default:
      return { payload: kept };
  }
}

/** What the caller of a look-up knew of the artifact: its id or a device's user code. */
export interface KnownValues {
  readonly id?: string;
  readonly userCode?: string;
}

/** The inverse of {@link toStored}; what is not known comes back as a handle. */
export function fromStored(stored: StoredArtifact, known: KnownValues, handles: Handles): AdapterPayload {
  const id = known.id ?? handles.of(stored.idHash);
  const payload: AdapterPayload = {
    ...stored.payload,
    ...(stored.model !== 'Grant' && { jti: id }),
    ...(stored.consumedAt !== undefined && { consumed: Math.floor(stored.consumedAt / 1000) }),
  };
  switch (stored.model) {
    case 'DeviceCode': {
      const userCode = known.userCode ?? (stored.userCodeHash && handles.of(stored.userCodeHash));
      return { ...payload, ...(userCode && { userCode }) };
    }
    case 'Interaction':
      return {
        ...payload,
        ...(payload.returnTo && { returnTo: payload.returnTo.replace(ownId, id) }),
        ...(payload.deviceCode && { deviceCode: handles.of(payload.deviceCode) }),
        ...(payload.parJti && { parJti: handles.of(payload.parJti) }),
      };
    default:
      return payload;
  }
}
