import type { Config } from '../config/index.ts';
import type { Database, EngineName } from '../core/index.ts';
import type { RoleManager } from '../engines/index.ts';
import type { Store } from '../store/index.ts';
import { RoleSecrets, type SecretSource, type Vault } from '../vault/index.ts';
import { FailingLooks } from './failing-looks.ts';
import { type Mending, restoreSecret, takeBackSettings } from './mend-login.ts';

/** How often it is looked. What a login did to itself lasts no longer. */
export const lookEveryMs = 60_000;
/** Just short of the next look: of several gateways on one store the first goes on, and another follows when it is gone. */
const turnMs = lookEveryMs - 5_000;

/** What managed logins are looked after with. */
export interface ManagedLoginCare extends Pick<Mending, 'audit' | 'log' | 'clock'> {
  readonly config: () => Pick<Config, 'databases'>;
  readonly store: Pick<Store, 'locks'>;
  readonly vault: Vault;
  readonly secrets: SecretSource;
  readonly roleManagers: Readonly<Partial<Record<EngineName, RoleManager>>>;
  readonly gatewayId: string;
}

/**
 * Gives the look that a gateway takes every {@link lookEveryMs} at the managed logins of its databases: settings that one
 * has made for itself are taken back, and one that the server takes with none of our secrets gets a fresh one. Both are on
 * record before they are done, and the operator is told. Sessions go on.
 *
 * Never throws: what cannot be looked at or mended is told once, and tried again after growing pauses. Once its signal is
 * aborted, a look ends with the login in hand.
 */
export function managedLoginCare(parts: ManagedLoginCare): (signal: AbortSignal) => Promise<void> {
  const { config, store, vault, secrets, roleManagers, gatewayId, clock, log } = parts;
  const credentials = new RoleSecrets({ vault, secrets, databases: () => config().databases });
  const failing = new FailingLooks<Database>(log);

  return async (signal) => {
    const due = [...config().databases.values()].filter((database) => failing.isDue(database));
    await Promise.all(due.map((database) => look(database, signal)));
  };

  async function look(database: Database, signal: AbortSignal): Promise<void> {
    const { name, manager: account } = database;
    const manager = roleManagers[database.engine];
    const roles = database.roles.filter(({ grants }) => grants !== undefined);
    // Without a manager account nobody could mend what a look finds.
    if (manager?.ownChanges === undefined || account === undefined || roles.length === 0) return;

    const failures = new Map<string, unknown>();
    const attempt = async (subject: string, work: () => Promise<void>) => {
      if (!signal.aborted) await work().catch((thrown: unknown) => failures.set(subject, thrown));
    };
    try {
      // Before the turn: a gateway without it would keep another, which has it, from looking.
      const managerSecret = await secrets.resolve(account.password);
      if (!(await isOurTurn(name))) return;
      const mending = { ...parts, database, manager, managerSecret, credentials, locks: store.locks };
      // First: with some settings the server refuses every login, whatever its password.
      await attempt(`The settings of the managed logins of "${name}"`, () => takeBackSettings(mending));
      for (const role of roles) {
        await attempt(`The login of "${name}/${role.name}"`, () => restoreSecret(mending, role));
      }
    } catch (thrown) {
      failures.set(`The managed logins of "${name}"`, thrown);
    }
    failing.settle(database, failures);
  }

  async function isOurTurn(name: string): Promise<boolean> {
    const now = clock.now();
    return await store.locks.acquire(`look at logins ${name}`, gatewayId, now + turnMs, now);
  }
}
