import type { AuditEvent } from '../../audit/index.ts';
import type { TokenLifetimes } from '../../config/index.ts';
import { type Clock, newUuid, Refusal } from '../../core/index.ts';
import { inTurn, type Store } from '../../store/index.ts';
import type { Vault } from '../../vault/index.ts';
import { type KeptKey, keepKey, newKey, readKeys, removeKey } from './kept-keys.ts';
import { nextDue, publishedAfterwardsMs, scheduleOf } from './schedule.ts';

const lease = 'oauth-signing-keys';
const leaseMs = 30_000;

/** A key is published; a key takes the place of all others; a key is forgotten. */
export type SigningKeyAction = Extract<AuditEvent, { readonly type: 'gateway' }>['action'] &
  `signing_${string}`;

/** What keys are made with. */
export interface KeyMaking {
  readonly vault: Vault;
  readonly store: Pick<Store, 'locks'>;
  readonly clock: Clock;
  readonly lifetimes: TokenLifetimes;
  /** Puts on record, before it is so, what becomes of a key. */
  readonly record: (action: SigningKeyAction, key: KeptKey) => Promise<void>;
}

/** The key that is to sign next, or signs already where it is the first. */
export interface Announcement {
  readonly outcome: 'announced' | 'announced_before';
  readonly key: KeptKey;
}

/**
 * Publishes a key that signs after the configured notice. One that is announced already stays the next: a second one would
 * cut its notice short.
 * @throws Refusal `request_invalid` as {@link oneMakes}; whatever the store or the record throws
 */
export async function announceKey(making: KeyMaking): Promise<Announcement> {
  return await oneMakes(making, async () => {
    const { clock, lifetimes } = making;
    for (;;) {
      const now = clock.now();
      const schedule = scheduleOf(await readKeys(making.vault), now, publishedAfterwardsMs(lifetimes));
      if (schedule?.announced !== undefined) return { outcome: 'announced_before', key: schedule.announced };
      const made = await newKey({
        order: (schedule?.signing.order ?? 0) + 1,
        // Nobody has cached the keys of a store that had none.
        signsFrom: schedule === undefined ? now : now + lifetimes.signingKeyNoticeMs,
        replacesAll: false,
      });
      await making.record('signing_key_announced', made);
      if (await keepKey(making.vault, made)) return { outcome: 'announced', key: made };
    }
  });
}

/**
 * Puts a new key in the place of all others, from this moment on: for a key that somebody else may hold. What was signed
 * with those is worth nothing any more, and whoever caches the set must fetch it again.
 */
export async function replaceKeys(making: KeyMaking): Promise<KeptKey> {
  return await oneMakes(making, async () => {
    for (;;) {
      const before = await readKeys(making.vault);
      const made = await newKey({
        order: (before.at(-1)?.order ?? 0) + 1,
        signsFrom: making.clock.now(),
        replacesAll: true,
      });
      await making.record('signing_keys_replaced', made);
      // With this one write the others are out; removing them is tidying up, which any gateway does as well.
      if (!(await keepKey(making.vault, made))) continue;
      for (const key of before) await removeKey(making.vault, key);
      return made;
    }
  });
}

/** The first key of a store that has none. Gateways that start at the same moment agree on it. */
export async function firstKey(making: KeyMaking): Promise<void> {
  await oneMakes(making, async () => {
    if ((await readKeys(making.vault)).length > 0) return;
    const made = await newKey({ order: 1, signsFrom: making.clock.now(), replacesAll: false });
    await making.record('signing_key_announced', made);
    await keepKey(making.vault, made);
  });
}

/** Announces the next key when its time has come, and forgets those that nothing counts of. Another gateway may be at it: then nothing. */
export async function tendKeys(making: KeyMaking): Promise<void> {
  const { vault, clock, lifetimes } = making;
  const owner = newUuid();
  const { locks } = making.store;
  if (!(await locks.acquire(lease, owner, clock.now() + leaseMs, clock.now()))) return;
  try {
    const now = clock.now();
    const schedule = scheduleOf(await readKeys(vault), now, publishedAfterwardsMs(lifetimes));
    if (schedule === undefined) return;
    for (const key of schedule.outlived) {
      await making.record('signing_key_removed', key);
      await removeKey(vault, key);
    }
    if (nextDue(schedule, lifetimes) > now) return;
    const made = await newKey({
      order: schedule.signing.order + 1,
      signsFrom: Math.max(
        schedule.signing.signsFrom + lifetimes.signingKeyMs,
        now + lifetimes.signingKeyNoticeMs,
      ),
      replacesAll: false,
    });
    await making.record('signing_key_announced', made);
    await keepKey(vault, made);
  } finally {
    await locks.release(lease, owner);
  }
}

/**
 * Waits for its turn among all processes on the store. The lease only keeps them from working for nothing: of two that make
 * a key of one number, the store takes one.
 * @throws Refusal `request_invalid` when the turn does not come: an operator asked for a key, or a gateway starts
 */
async function oneMakes<T>({ store: { locks }, clock }: KeyMaking, make: () => Promise<T>): Promise<T> {
  const turn = await inTurn({ locks, clock }, lease, make);
  if (turn.outcome === 'done') return turn.result;
  throw new Refusal('request_invalid', {
    what: 'Another process has been making signing keys for too long. Try again shortly.',
  });
}
