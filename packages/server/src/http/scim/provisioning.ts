import type { Audit } from '../../audit/index.ts';
import type { ProvisioningConfig } from '../../config/index.ts';
import type { Clock } from '../../core/index.ts';
import { inTurn, type Store } from '../../store/index.ts';
import { ScimError } from './scim-error.ts';

/** What changes by a provisioning client go through. */
export interface ProvisionerParts {
  readonly store: Pick<Store, 'provisioning' | 'people' | 'artifacts' | 'revocations' | 'locks'>;
  readonly audit: Audit;
  readonly clock: Clock;
}

/** The people of one sign-in method, as a client of it may provision them. */
export interface Provisioning
  extends ProvisionerParts,
    Pick<ProvisioningConfig, 'method' | 'subject' | 'groupsInstead'> {}

/** One change after the other, over all gateways. @throws ScimError 503 when its turn does not come */
export async function oneByOne<Result>(
  { store, clock, method }: Provisioning,
  change: () => Promise<Result>,
): Promise<Result> {
  const turn = await inTurn({ locks: store.locks, clock }, whoProvisions(method), change);
  if (turn.outcome === 'busy') throw new ScimError(503, 'Another change is under way. Try again.');
  return turn.result;
}

/** Puts a change on record, before it takes effect. */
export async function recordChange(
  { audit, method }: Provisioning,
  action: string,
  target: string,
  detail?: string,
): Promise<void> {
  await audit.recordDurably({
    type: 'admin',
    action,
    target,
    by: whoProvisions(method),
    ...(detail !== undefined && { detail }),
  });
}

/** What the audit calls the provisioning client of a method. */
export function whoProvisions(method: string): string {
  return `scim:${method}`;
}
