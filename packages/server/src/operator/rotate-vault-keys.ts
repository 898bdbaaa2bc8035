import { dirname } from 'node:path';
import { type KeyRotation, loadMasterKey, rotateKeys } from '../vault/index.ts';
import { recordAdmin, type Workspace } from './workspace.ts';

/**
 * Puts every sealed secret under a fresh key. May be killed and run again.
 * @throws Error with a sentence for the operator
 */
export async function rotateVaultKeys(workspace: Workspace): Promise<KeyRotation> {
  const { config, store } = workspace;
  const directory = dirname(config.file);
  await recordAdmin(workspace, 'keys_rotated', 'vault');
  return rotateKeys({ store, masterKey: await loadMasterKey(config.masterKey, directory) });
}
