import type { Audit } from '../../audit/index.ts';
import type { Config } from '../../config/index.ts';
import { type Clock, type Principal, principalId } from '../../core/index.ts';
import type { Store } from '../../store/index.ts';
import type { ClientRegistry } from '../client-registry.ts';
import type { Revoker } from '../revoker.ts';

/** What applications are registered, shown and changed with. */
export interface ApplicationParts {
  readonly config: () => Config;
  readonly store: Pick<Store, 'clients' | 'applications' | 'activity' | 'locks'>;
  readonly registry: Pick<ClientRegistry, 'register' | 'rotateSecret'>;
  readonly revoker: Revoker;
  readonly audit: Audit;
  readonly clock: Clock;
}

/** Puts a change on record durably, before it takes effect. */
export async function recordChange(
  { audit }: ApplicationParts,
  by: Principal,
  action: string,
  target: string,
  detail?: string,
): Promise<void> {
  await audit.recordDurably({
    type: 'admin',
    action,
    target,
    by: principalId(by),
    ...(detail !== undefined && { detail }),
  });
}
