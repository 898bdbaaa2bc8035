import type { Audit } from '../audit/index.ts';
import type { Config } from '../config/index.ts';
import type { Clock, EngineName } from '../core/index.ts';
import type { RoleManager } from '../engines/index.ts';
import type { Store } from '../store/index.ts';
import type { SecretSource, Vault } from '../vault/index.ts';

/**
 * What an administrative operation works on, opened beside a running gateway or without one. Whoever can open it
 * (the config, the master key, the store) has the authority; there is no further check.
 */
export interface Workspace {
  readonly config: Config;
  readonly store: Store;
  readonly vault: Vault;
  readonly secrets: SecretSource;
  /** A chain of its own: the gateway's is locked by the gateway. */
  readonly audit: Audit;
  readonly clock: Clock;
  readonly roleManagers: Partial<Readonly<Record<EngineName, RoleManager>>>;
  /** Who acts, for the records: `operator:<account of the operating system>`. */
  readonly operator: string;
  close(): Promise<void>;
}

/** Records an administrative action on stable storage before it takes effect. @throws Refusal `audit_unavailable` */
export function recordAdmin(
  { audit, operator }: Pick<Workspace, 'audit' | 'operator'>,
  action: string,
  target: string,
  detail?: string,
): Promise<void> {
  return audit.recordDurably({
    type: 'admin',
    action,
    target,
    by: operator,
    ...(detail === undefined ? {} : { detail }),
  });
}
