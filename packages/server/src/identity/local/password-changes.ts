import { type Clock, principalId } from '../../core/index.ts';
import type { Store } from '../../store/index.ts';
import type { BoundedQueue } from '../bounded-queue.ts';
import { principalOf } from '../principal-of.ts';
import type { PasswordAttempt, PasswordChanges, SignInFailure, Throttled } from '../sign-in-method.ts';
import { faultOf } from './new-password.ts';
import { hashPassword, verifyPassword } from './password-hash.ts';
import { lapseOf, type ProvenPerson, versionOf } from './proven-person.ts';

/** What changing passwords shares with signing in. */
export interface PasswordChangesParts {
  /** Name of the sign-in method. */
  readonly name: string;
  readonly people: Store['people'];
  readonly clock: Clock;
  readonly queue: BoundedQueue;
  /** Checks a password as the sign-in does: throttled, and in the queue. */
  readonly prove: (attempt: PasswordAttempt) => Promise<ProvenPerson | SignInFailure | Throttled>;
}

/** See {@link PasswordChanges}; for people whose passwords the store keeps. */
export function passwordChanges({
  name,
  people,
  clock,
  queue,
  prove,
}: PasswordChangesParts): PasswordChanges {
  /** Somebody who proved a first secret a moment ago. It must still be theirs, and good. */
  async function holder(subject: string, version: string): Promise<ProvenPerson | SignInFailure> {
    const id = principalId({ method: name, subject });
    const [person, stored] = await Promise.all([people.get(id), people.password(id)]);
    if (!person || !stored) return { outcome: 'failed', reason: 'unknown' };
    if (versionOf(stored) !== version) return { outcome: 'failed', reason: 'superseded', subject };
    const lapse = lapseOf(person, stored, clock.now());
    return lapse === undefined
      ? { outcome: 'proven', subject, person, stored }
      : { outcome: 'failed', reason: lapse, subject };
  }

  return {
    async prepare({ subject, proof, wanted }) {
      const fault = faultOf(wanted, subject);
      if (fault !== undefined) return { outcome: 'refused', fault };
      const proven =
        proof.kind === 'first_secret'
          ? await holder(subject, proof.version)
          : await prove({ username: subject, ...proof });
      if (proven.outcome !== 'proven') return proven;
      const { person, stored } = proven;
      return queue.run(async () => {
        if (await verifyPassword(stored.hash, wanted)) return { outcome: 'refused', fault: 'unchanged' };
        const hash = await hashPassword(wanted);
        return {
          outcome: 'ready',
          principal: principalOf(person),
          apply: async () =>
            (await people.changePassword(person.id, stored.hash, hash)) ? 'changed' : 'superseded',
        };
      });
    },
  };
}
