import type { Audit } from '../../audit/index.ts';
import type { Clock } from '../../core/index.ts';
import type { Passkeys, SecondFactors, SignInMethod } from '../../identity/index.ts';
import type { AuthorizationServer } from '../../oauth/index.ts';
import type { Store } from '../../store/index.ts';
import type { FormGuard } from '../form-guard.ts';
import type { PendingFactors } from '../pending-factors.ts';
import type { PendingPasswords } from '../pending-passwords.ts';
import type { WaitingContext } from './waiting-interaction.ts';

/** What the pages of the first step are served with. */
export interface SignInContext extends WaitingContext {
  readonly authorizationServer: AuthorizationServer;
  readonly signInMethods: readonly SignInMethod[];
  readonly store: Pick<Store, 'people'>;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly forms: FormGuard;
  readonly pendingPasswords: PendingPasswords;
  readonly factors: SecondFactors;
  readonly passkeys: Passkeys;
  readonly pendingFactors: PendingFactors;
}
