import { Buffer } from 'node:buffer';
import { foldUsername } from '../../config/index.ts';
import { type Clock, principalId, type Secret } from '../../core/index.ts';
import type { Store } from '../../store/index.ts';
import { boundedQueue } from '../bounded-queue.ts';
import { guardedAttempts } from '../guarded-attempts.ts';
import { principalOf } from '../principal-of.ts';
import type {
  PasswordAttempt,
  PasswordMethod,
  SignInFailure,
  SignInOutcome,
  Throttled,
} from '../sign-in-method.ts';
import { throttle } from '../throttle.ts';
import { passwordChanges } from './password-changes.ts';
import {
  hashPassword,
  maxPasswordBytes,
  needsUpgrade,
  slowestVerifierMs,
  verifyNobody,
  verifyPassword,
} from './password-hash.ts';
import { lapseOf, type ProvenPerson, versionOf } from './proven-person.ts';

/** Two hashes at once leave half of the default thread pool to the audit; 256 more wait about four seconds. */
const queueLimits = { running: 2, waiting: 256 } as const;

const maxUsernameBytes = 1024;

/**
 * A failure is answered this long after its hash began, or later. Hashes from elsewhere take their own time: bcrypt
 * of cost 10 some 50 ms, of cost 12 some 250 ms, argon2id here 20 ms. Without the wait the time of a failure would
 * say that there is such a person, with such a hash. Waiting holds no thread and no place in the queue.
 */
const leastFailureMs = 500;
/** Two are hashed at once, and the machine has other work: the floor stands above the slowest all the same. */
const slowestTimes = 3;

interface LocalMethodOptions {
  /** The config key of the method; the `method` half of every identity that it proves. */
  readonly name: string;
  readonly people: Store['people'];
  readonly attempts: Store['attempts'];
  readonly clock: Clock;
  /** Those of the config file at the start: the slowest of them says how long a failure takes. */
  readonly importedHashes?: readonly string[];
}

/** People whose passwords the gateway keeps: `users` of the config file, and those added by command. */
export function localMethod({
  name,
  people,
  attempts,
  clock,
  importedHashes = [],
}: LocalMethodOptions): PasswordMethod {
  const queue = boundedQueue(queueLimits);
  // In the queue: it is measured beside at most one other, as it runs later.
  const failureMs = queue
    .run(() => slowestVerifierMs(importedHashes, clock))
    .then((slowestMs) => Math.max(leastFailureMs, slowestTimes * slowestMs));
  const attempted = guardedAttempts({ throttled: throttle(name, attempts, clock), queue, failureMs, clock });

  async function prove(attempt: PasswordAttempt): Promise<ProvenPerson | SignInFailure | Throttled> {
    if (isTooLong(attempt)) return { outcome: 'failed', reason: 'too_long' };
    const username = foldUsername(attempt.username);
    return await attempted(username, attempt.remoteAddress, () => check(username, attempt.password));
  }

  async function check(subject: string, password: Secret): Promise<ProvenPerson | SignInFailure> {
    const id = principalId({ method: name, subject });
    const [person, stored] = await Promise.all([people.get(id), people.password(id)]);
    if (!person || !stored) {
      await verifyNobody(password);
      return { outcome: 'failed', reason: 'unknown', ...(person && { subject }) };
    }
    if (!(await verifyPassword(stored.hash, password)))
      return { outcome: 'failed', reason: 'wrong_password', subject };
    const lapse = lapseOf(person, stored, clock.now());
    if (lapse !== undefined) return { outcome: 'failed', reason: lapse, subject };
    if (!needsUpgrade(stored.hash)) return { outcome: 'proven', subject, person, stored };
    const hash = await hashPassword(password);
    const upgraded = await people.upgradePassword(id, stored.hash, hash);
    return { outcome: 'proven', subject, person, stored: upgraded ? { ...stored, hash } : stored };
  }

  return {
    kind: 'password',
    name,
    label: 'a user name',
    async verify(attempt): Promise<SignInOutcome> {
      const proven = await prove(attempt);
      if (proven.outcome !== 'proven') return proven;
      const principal = principalOf(proven.person);
      return proven.stored.expiresAt === undefined
        ? { outcome: 'proven', principal }
        : { outcome: 'first_secret', principal, version: versionOf(proven.stored) };
    },
    changes: passwordChanges({ name, people, clock, queue, prove }),
  };
}

/** Bytes are counted, since a character may have four of them; nothing is ever cut to fit. */
function isTooLong({ username, password }: PasswordAttempt): boolean {
  return (
    Buffer.byteLength(username) > maxUsernameBytes || Buffer.byteLength(password.reveal()) > maxPasswordBytes
  );
}
