import { createSecretKey, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEvent } from '../../packages/server/src/audit/index.ts';
import { managedLoginCare } from '../../packages/server/src/compose/tend-managed-logins.ts';
import {
  type Database,
  Refusal,
  type Role,
  type Secret,
  systemClock,
} from '../../packages/server/src/core/index.ts';
import type { RoleManager } from '../../packages/server/src/engines/index.ts';
import { openStore, type Store } from '../../packages/server/src/store/index.ts';
import { openVault, RoleSecrets, rotateRole, type Vault } from '../../packages/server/src/vault/index.ts';

/** What a gateway looks after the managed logins of one database with: a store and a vault, and what it told. */
export class ManagedLoginBed {
  readonly #folder: string;
  readonly store: Store;
  readonly vault: Vault;
  readonly credentials: RoleSecrets;
  readonly events: AuditEvent[] = [];
  readonly problems: string[] = [];
  /** What is in force: as a reload, which makes new objects, would replace it. */
  database: Database;
  manager: RoleManager;
  managerPassword: Secret;
  /** False: the audit cannot be written. */
  auditWorks = true;

  private constructor(
    folder: string,
    store: Store,
    vault: Vault,
    server: Pick<ManagedLoginBed, 'database' | 'manager' | 'managerPassword'>,
  ) {
    this.#folder = folder;
    this.store = store;
    this.vault = vault;
    this.database = server.database;
    this.manager = server.manager;
    this.managerPassword = server.managerPassword;
    this.credentials = new RoleSecrets({
      vault,
      secrets: { resolve: async () => this.managerPassword },
      databases: () => new Map([[this.database.name, this.database]]),
    });
  }

  static async make(
    server: Pick<ManagedLoginBed, 'database' | 'manager' | 'managerPassword'>,
  ): Promise<ManagedLoginBed> {
    const folder = await mkdtemp(join(tmpdir(), 'grantway-logins-'));
    const store = await openStore({ kind: 'sqlite', path: join(folder, 'grantway.db') }, systemClock);
    const vault = await openVault({ store, masterKey: createSecretKey(randomBytes(32)) });
    return new ManagedLoginBed(folder, store, vault, server);
  }

  /** One more gateway on the store. Gives its look. */
  gateway(
    gatewayId: string,
    resolve = async () => this.managerPassword,
  ): (signal?: AbortSignal) => Promise<void> {
    const look = managedLoginCare({
      config: () => ({ databases: new Map([[this.database.name, this.database]]) }),
      store: this.store,
      vault: this.vault,
      secrets: { resolve },
      roleManagers: { [this.database.engine]: this.manager },
      audit: {
        recordDurably: async (event) => {
          if (!this.auditWorks) throw new Refusal('audit_unavailable');
          this.events.push(event);
        },
      },
      gatewayId,
      clock: systemClock,
      log: {
        problem: (message, cause) =>
          void this.problems.push(cause instanceof Error ? `${message} ${cause.message}` : message),
      },
    });
    return (signal = new AbortController().signal) => look(signal);
  }

  /** What `roles rotate` does. */
  async rotate(role: Role): Promise<string> {
    const { manager, database, managerPassword, credentials, store } = this;
    const rotation = { manager, database, role, managerSecret: managerPassword, credentials };
    return (await rotateRole({ ...rotation, locks: store.locks, clock: systemClock })).outcome;
  }

  /** What a session of the role would log in with. */
  async secretOf(role: Role): Promise<Secret> {
    const [secret] = await this.credentials.passwords(this.database.name, role.name);
    if (secret === undefined) throw new TypeError(`${role.name} has no secret`);
    return secret;
  }

  /** Whether the server lets sessions of the role in. */
  async letsIn(role: Role): Promise<boolean> {
    return await this.manager.accepts(this.database, role, await this.secretOf(role));
  }

  async remove(): Promise<void> {
    await this.store.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
