import type { JSONWebKeySet } from 'jose';
import type { Audit } from '../../audit/index.ts';
import type { Config } from '../../config/index.ts';
import type { Clock } from '../../core/index.ts';
import type { Store } from '../../store/index.ts';
import type { Vault } from '../../vault/index.ts';
import { type KeptKey, readKeys } from './kept-keys.ts';
import { firstKey, type KeyMaking, tendKeys } from './make-keys.ts';
import { type KeySchedule, nextDue, publishedAfterwardsMs, scheduleOf } from './schedule.ts';

/**
 * How old this process's knowledge of the keys may be. The least notice of a key (`tokens.signingKeyNotice`) is several
 * times as long, so that every gateway publishes a key before any signs with it.
 */
const knownForMs = 1_000;

/** The keys of one moment. The same object while nothing changes. */
export interface SigningKeySet {
  readonly signing: PrivateKey;
  /** All that count, with their private halves; the one that signs comes first. */
  readonly keys: readonly PrivateKey[];
  /** The public halves of {@link keys}. */
  readonly published: JSONWebKeySet;
}

type PrivateKey = KeptKey['jwk'];

/** The keys that sign ID tokens, as they are now. */
export interface SigningKeys {
  /** @throws when the store does not answer: a set that may have changed is neither published nor used */
  current(): Promise<SigningKeySet>;
}

/** What a gateway reads and makes keys with. */
export interface SigningKeyParts {
  readonly config: () => Pick<Config, 'tokens'>;
  readonly vault: Vault;
  readonly store: Pick<Store, 'locks'>;
  readonly audit: Audit;
  readonly clock: Clock;
}

interface Known {
  readonly set: SigningKeySet;
  /** By the monotonic clock: when it was asked for. */
  readonly readAt: number;
  /** By the wall clock: when the set is another one by itself. */
  readonly until: number;
}

/** Follows the keys in the store, whoever changes them, and lets one follow the other by age. */
export function createSigningKeys(parts: SigningKeyParts): SigningKeys {
  const { clock } = parts;
  let known: Known | undefined;
  let reading: Promise<Known> | undefined;

  return {
    async current() {
      if (known !== undefined && clock.monotonic() - known.readAt < knownForMs && clock.now() < known.until)
        return known.set;
      reading ??= read(parts, known?.set).finally(() => {
        reading = undefined;
      });
      known = await reading;
      return known.set;
    },
  };
}

async function read(parts: SigningKeyParts, before: SigningKeySet | undefined): Promise<Known> {
  const readAt = parts.clock.monotonic();
  const schedule = await tended(parts);
  const { signing, announced, retired, until } = schedule;
  const keys = [signing, ...(announced === undefined ? [] : [announced]), ...retired].map(({ jwk }) => jwk);
  const same =
    before?.keys.length === keys.length && before.keys.every(({ kid }, at) => kid === keys[at]?.kid);
  return { set: same ? before : { signing: signing.jwk, keys, published: published(keys) }, readAt, until };
}

function published(keys: readonly PrivateKey[]): JSONWebKeySet {
  return { keys: keys.map(({ kty, n, e, kid, alg, use }) => ({ kty, n, e, kid, alg, use })) };
}

/** The schedule of now, once what is due was done. */
async function tended(parts: SigningKeyParts): Promise<KeySchedule<KeptKey>> {
  const { vault, store, clock, config, audit } = parts;
  const making: KeyMaking = {
    vault,
    store,
    clock,
    lifetimes: config().tokens,
    record: (action, { jwk, signsFrom }) =>
      audit.recordDurably({
        type: 'gateway',
        action,
        detail: `${jwk.kid}, signs from ${new Date(signsFrom).toISOString()} on`,
      }),
  };
  const look = async () =>
    scheduleOf(await readKeys(vault), clock.now(), publishedAfterwardsMs(making.lifetimes));
  for (;;) {
    const schedule = await look();
    if (schedule === undefined) {
      await firstKey(making);
      continue;
    }
    if (schedule.outlived.length === 0 && nextDue(schedule, making.lifetimes) > clock.now()) return schedule;
    await tendKeys(making);
    return (await look()) ?? schedule;
  }
}
