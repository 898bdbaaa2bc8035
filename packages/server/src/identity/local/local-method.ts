import { Buffer } from 'node:buffer';
import { type Clock, principalId } from '../../core/index.ts';
import type { Person, Store } from '../../store/store.ts';
import type { PasswordAttempt, PasswordMethod, SignInOutcome } from '../sign-in-method.ts';
import { boundedQueue } from './bounded-queue.ts';
import {
  hashPassword,
  maxPasswordBytes,
  needsUpgrade,
  verifyNobody,
  verifyPassword,
} from './password-hash.ts';
import { throttle } from './throttle.ts';
import { normaliseUsername } from './username.ts';

/** Two hashes at once leave half of the default thread pool to the audit; 256 more wait about four seconds. */
const queueLimits = { running: 2, waiting: 256 } as const;

const maxUsernameBytes = 1024;

export interface LocalMethodOptions {
  /** The config key of the method; the `method` half of every identity that it proves. */
  readonly name: string;
  readonly people: Store['people'];
  readonly attempts: Store['attempts'];
  readonly clock: Clock;
}

/** People whose passwords the gateway keeps: `users` of the config file, and those added by command. */
export function localMethod({ name, people, attempts, clock }: LocalMethodOptions): PasswordMethod {
  const throttled = throttle(name, attempts, clock);
  const queue = boundedQueue(queueLimits);

  async function verify(attempt: PasswordAttempt): Promise<SignInOutcome> {
    if (isTooLong(attempt)) return { outcome: 'failed', reason: 'too_long' };
    const username = normaliseUsername(attempt.username);
    return queue.run(async () => {
      const admission = await throttled.admit(username, attempt.remoteAddress);
      if (admission.outcome === 'throttled') return admission;
      const outcome = await check(username, attempt);
      await admission.settle(outcome.outcome === 'proven' ? 'proven' : 'failed');
      return outcome;
    });
  }

  async function check(subject: string, { password }: PasswordAttempt): Promise<SignInOutcome> {
    const id = principalId({ method: name, subject });
    const [person, stored] = await Promise.all([people.get(id), people.password(id)]);
    if (!person || !stored) {
      await verifyNobody(password);
      return { outcome: 'failed', reason: 'unknown', ...(person && { subject }) };
    }
    if (!(await verifyPassword(stored.hash, password)))
      return { outcome: 'failed', reason: 'wrong_password', subject };
    if (stored.expiresAt !== undefined && stored.expiresAt <= clock.now())
      return { outcome: 'failed', reason: 'expired_password', subject };
    if (person.disabled) return { outcome: 'failed', reason: 'disabled', subject };
    if (needsUpgrade(stored.hash))
      await people.upgradePassword(id, stored.hash, await hashPassword(password));
    return { outcome: 'proven', principal: principalOf(name, subject, person) };
  }

  return { kind: 'password', name, verify };
}

/** Bytes are counted, since a character may have four of them; nothing is ever cut to fit. */
function isTooLong({ username, password }: PasswordAttempt): boolean {
  return (
    Buffer.byteLength(username) > maxUsernameBytes || Buffer.byteLength(password.reveal()) > maxPasswordBytes
  );
}

function principalOf(method: string, subject: string, person: Person) {
  return { method, subject, displayName: person.displayName, groups: person.groups, claims: person.claims };
}
