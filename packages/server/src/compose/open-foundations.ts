import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type AuditChain, chainId, checkpointKeyPurpose, openAudit } from '../audit/index.ts';
import type { Config } from '../config/index.ts';
import { systemClock } from '../core/index.ts';
import type { Log } from '../gateway/index.ts';
import { openStore, type Store } from '../store/index.ts';
import {
  changeMasterKey,
  loadMasterKey,
  openVault,
  type SecretSource,
  secretSource,
  type Vault,
} from '../vault/index.ts';

/** What stands under a gateway and under an administrative command alike. */
export interface Foundations {
  readonly secrets: SecretSource;
  readonly store: Store;
  readonly vault: Vault;
}

/**
 * Opens the data directory, the store and the vault; what was opened is closed with `opened`. With the reference of a
 * previous master key, from the current folder, the keys of a store that is under that one go under the config's
 * first: neither of the two would open a vault whose change was killed half-way.
 * @throws Error with a sentence for the operator
 */
export async function openFoundations(
  config: Config,
  opened: AsyncDisposableStack,
  previousMasterKey?: string,
): Promise<Foundations> {
  const directory = dirname(config.file);
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const secrets = secretSource(directory);
  const masterKey = await loadMasterKey(config.masterKey, directory);
  const store = await openStore(await locate(config, secrets), systemClock);
  opened.defer(() => store.close());
  if (previousMasterKey !== undefined) {
    await changeMasterKey(store.sealed, await loadMasterKey(previousMasterKey, process.cwd()), masterKey);
  }
  const vault = await openVault({ store, masterKey });
  return { secrets, store, vault };
}

/** The store's connection string may hold a password, and then it is a secret reference itself. */
async function locate({ store }: Config, secrets: SecretSource): Promise<Config['store']> {
  if (store.kind === 'sqlite' || store.url.startsWith('postgres')) return store;
  return { kind: 'postgres', url: (await secrets.resolve(store.url)).reveal() };
}

/**
 * Opens one of the audit chains of a data directory: the gateway's own, which it keeps to itself, or the one on which
 * the commands of the machine take turns.
 * @throws Error when another process holds it
 */
export async function openChain(
  name: 'audit' | 'audit-operator',
  { dataDir }: Config,
  {
    store,
    vault,
    log,
    lockWaitMs = 0,
  }: {
    readonly store: Store;
    readonly vault: Vault;
    readonly log: Log;
    /** How long to block this thread until another process lets go of the chain. Absent: not at all. */
    readonly lockWaitMs?: number;
  },
  opened: AsyncDisposableStack,
): Promise<AuditChain> {
  const directory = join(dataDir, name);
  const audit = await openAudit({
    directory,
    chain: await chainId(directory),
    signingKey: await vault.derive(checkpointKeyPurpose),
    checkpoints: store.checkpoints,
    clock: systemClock,
    log,
    lockWaitMs,
  });
  opened.defer(() => audit.close());
  return audit;
}
