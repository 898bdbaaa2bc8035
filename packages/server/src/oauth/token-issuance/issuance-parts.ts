import type { Audit } from '../../audit/index.ts';
import type { Config } from '../../config/index.ts';
import type { Clock, EngineName } from '../../core/index.ts';
import type { Store } from '../../store/index.ts';

/** What token issuance needs. */
export interface IssuanceParts {
  readonly config: () => Config;
  readonly store: Pick<Store, 'people' | 'clients' | 'activity'>;
  readonly doorPort?: (engine: EngineName) => number | undefined;
  readonly audit: Audit;
  readonly clock: Clock;
}
