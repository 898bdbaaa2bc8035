import { dirname } from 'node:path';
import { type KeyRotation, loadMasterKey, rotateKeys } from '../vault/index.ts';
import { recordAdmin, type Workspace } from './workspace.ts';

/**
 * Puts every sealed secret under a fresh key. With `previousMasterKey` (a secret reference) the keys go from that
 * master key to the one that the config names now. May be killed and run again.
 * @throws Error with a sentence for the operator
 */
export async function rotateVaultKeys(
  workspace: Workspace,
  previousMasterKey: string | undefined,
): Promise<KeyRotation> {
  const { config, store } = workspace;
  const directory = dirname(config.file);
  await recordAdmin(workspace, 'keys_rotated', 'vault');
  return rotateKeys({
    store,
    masterKey: await loadMasterKey(config.masterKey, directory),
    ...(previousMasterKey === undefined
      ? {}
      : { previousMasterKey: await loadMasterKey(previousMasterKey, process.cwd()) }),
  });
}
