import type { Store } from '../../store/index.ts';
import { appKeyKind, type FactorSecrets } from './second-factors.ts';

/**
 * Removes the sealed keys of authenticator apps whose factor is gone: it went together with its person, whom the config
 * does not name any more. Nothing is kept for a person who comes back, since the factor is not there to come back to:
 * whoever is added under a name finds nothing of the one before. A key goes when two calls found it, so they must lie
 * further apart than the sealing of a key and the making of its factor. Gives how many went.
 */
export function orphanedAppKeys(
  factors: Pick<Store['factors'], 'keysWithoutFactor'>,
  secrets: Pick<FactorSecrets, 'remove'>,
): () => Promise<number> {
  let before: ReadonlySet<string> = new Set();
  return async () => {
    const found = await factors.keysWithoutFactor(appKeyKind);
    const gone = found.filter((id) => before.has(id));
    for (const id of gone) await secrets.remove(appKeyKind, id);
    before = new Set(found);
    return gone.length;
  };
}
