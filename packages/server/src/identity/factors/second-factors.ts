import { randomBytes } from 'node:crypto';
import { type Clock, hashSecret, Secret } from '../../core/index.ts';
import type { Factor, Store } from '../../store/index.ts';
import { throttle } from '../throttle.ts';
import { stepOfCode } from './app-secret.ts';

/** Where the keys of apps are kept sealed: the vault. */
export interface FactorSecrets {
  put(kind: string, id: string, plaintext: Secret): Promise<void>;
  open(kind: string, id: string): Promise<Secret | undefined>;
  remove(kind: string, id: string): Promise<void>;
}

interface FactorParts {
  readonly store: Pick<Store, 'factors' | 'attempts'>;
  readonly secrets: FactorSecrets;
  readonly clock: Clock;
}

/** What came of a typed code. */
export type CodeOutcome =
  | { readonly outcome: 'proven'; readonly kind: 'totp' | 'recovery_code' }
  | { readonly outcome: 'failed' }
  | { readonly outcome: 'throttled'; readonly retryAfterMs: number };

/** The second factors of people, by principal id. */
export interface SecondFactors {
  list(personId: string): Promise<readonly Factor[]>;
  /** Checks a code of an app, or a recovery code; good once, whatever the spelling and the gateway. */
  checkCode(personId: string, code: Secret, remoteAddress: string): Promise<CodeOutcome>;
  /** The step of a code by which a new app shows that it has the key; undefined when it does not fit. */
  stepOfNewApp(key: Secret, code: Secret): number | undefined;
  /** Adds an app; the code of that step is used up. */
  addApp(personId: string, label: string, key: Secret, step: number): Promise<void>;
  /** False: it is not this person's, or not any more. */
  remove(personId: string, id: string): Promise<boolean>;
  /** Ten new codes, shown once; the ones of before are worth nothing from now on. */
  newRecoveryCodes(personId: string): Promise<readonly Secret[]>;
  recoveryCodesLeft(personId: string): Promise<number>;
}

/** Of the sealed keys of apps, which lie under the ids of their factors. */
export const appKeyKind = 'totp';
const recoveryCodes = 10;

/** See {@link SecondFactors}. Codes are throttled as passwords are, with counters that all gateways share. */
export function secondFactors({ store, secrets, clock }: FactorParts): SecondFactors {
  const throttled = throttle('second factor', store.attempts, clock);
  const { factors } = store;

  async function isAppCode(personId: string, code: Secret): Promise<boolean> {
    const now = clock.now();
    for (const { id, kind } of await factors.list(personId)) {
      const key = kind === 'totp' ? await secrets.open(appKeyKind, id) : undefined;
      const step = key && stepOfCode(key, code, now);
      if (step !== undefined && (await factors.takeStep(id, step, now))) return true;
    }
    return false;
  }

  async function check(personId: string, code: Secret): Promise<CodeOutcome> {
    if (code.length > maxCodeLength) return { outcome: 'failed' };
    if (await isAppCode(personId, code)) return { outcome: 'proven', kind: 'totp' };
    const hash = hashOfCode(personId, code);
    if (await factors.useRecoveryCode(personId, hash)) return { outcome: 'proven', kind: 'recovery_code' };
    return { outcome: 'failed' };
  }

  return {
    list: (personId) => factors.list(personId),

    async checkCode(personId, code, remoteAddress) {
      const admission = await throttled.admit(personId, remoteAddress);
      if (admission.outcome === 'throttled') return admission;
      const outcome = await check(personId, code);
      await admission.settle(outcome.outcome === 'proven' ? 'proven' : 'failed');
      return outcome;
    },

    stepOfNewApp: (key, code) => stepOfCode(key, code, clock.now()),

    async addApp(personId, label, key, step) {
      // Of the key, so that a form that is sent twice makes one factor: with two, each code would count twice.
      const id = hashSecret(`app of ${personId} ${key.reveal()}`);
      // First the key: a factor without one could never be proven, and would lock its owner out.
      await secrets.put(appKeyKind, id, key);
      await factors.add({ id, personId, kind: 'totp', label, step }, clock.now());
    },

    async remove(personId, id) {
      const removed = await factors.remove(personId, id);
      if (removed) await secrets.remove(appKeyKind, id);
      return removed;
    },

    async newRecoveryCodes(personId) {
      const codes = Array.from({ length: recoveryCodes }, newRecoveryCode);
      await factors.setRecoveryCodes(
        personId,
        codes.map((code) => hashOfCode(personId, code)),
      );
      return codes;
    },

    recoveryCodesLeft: (personId) => factors.recoveryCodesLeft(personId),
  };
}

const maxCodeLength = 64;

/** 80 bits, so that a hash without salt and stretching keeps them: `abcd-efgh-2345-6789`. */
function newRecoveryCode(): Secret {
  const letters = 'abcdefghijklmnopqrstuvwxyz234567';
  const text = [...randomBytes(16)].map((byte) => letters[byte % letters.length] ?? '').join('');
  return new Secret(text.replace(/(.{4})(?=.)/g, '$1-'));
}

function hashOfCode(personId: string, code: Secret): string {
  const plain = code
    .reveal()
    .toLowerCase()
    .replace(/[^a-z2-7]/g, '');
  return hashSecret(`recovery code ${personId} ${plain}`);
}
