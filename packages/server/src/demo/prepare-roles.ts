import { dirname } from 'node:path';
import type { Config } from '../config/index.ts';
import { type Database, type Role, type Secret, systemClock } from '../core/index.ts';
import { postgresRoleManager } from '../engines/postgres/roles/index.ts';
import { openStore } from '../store/index.ts';
import { loadMasterKey, openVault, RoleSecrets, rotateRole, secretSource } from '../vault/index.ts';

/**
 * Makes the managed roles of the demo's database and gives each a sealed random secret, as `grantway roles apply` does.
 * A role whose secret the server accepts keeps it.
 */
export async function prepareRoles(config: Config): Promise<void> {
  const directory = dirname(config.file);
  const secrets = secretSource(directory);
  const store = await openStore(config.store, systemClock);
  try {
    const vault = await openVault({ store, masterKey: await loadMasterKey(config.masterKey, directory) });
    const credentials = new RoleSecrets({ vault, secrets, databases: () => config.databases });
    for (const database of config.databases.values()) {
      if (database.manager === undefined) continue;
      const managerSecret = await secrets.resolve(database.manager.password);
      await postgresRoleManager.apply(database, managerSecret);
      for (const role of database.roles) {
        if (await hasSecret(database, role, await credentials.current(database.name, role.name))) continue;
        const { outcome } = await rotateRole({
          manager: postgresRoleManager,
          database,
          role,
          managerSecret,
          credentials,
          locks: store.locks,
          clock: systemClock,
        });
        if (outcome !== 'rotated')
          throw new Error(`The login ${role.login} got no secret (${outcome}). Start again.`);
      }
    }
  } finally {
    await store.close();
  }
}

async function hasSecret(database: Database, role: Role, secret: Secret | undefined): Promise<boolean> {
  return secret !== undefined && (await postgresRoleManager.accepts(database, role, secret));
}
