import type { TokenLifetimes } from '../../config/index.ts';

/** When one key signs, in wall-clock milliseconds. */
export interface KeyTimes {
  /** Its place among all keys that there ever were; the next one has the next number. */
  readonly order: number;
  readonly signsFrom: number;
  /** True: whatever was before it does not count any more, since somebody else may hold it. */
  readonly replacesAll: boolean;
}

/** What each key is at one moment. */
export interface KeySchedule<Key extends KeyTimes> {
  /** Published before it signs, so that whoever caches the set has it by then; undefined where none is made yet. */
  readonly announced: Key | undefined;
  readonly signing: Key;
  /** They sign nothing any more; what they signed is still out. Newest first. */
  readonly retired: readonly Key[];
  /** Nothing that counts is signed with these. */
  readonly outlived: readonly Key[];
  /** When this stops being true by itself. */
  readonly until: number;
}

/** The longest that an access token, and with it an ID token, can be configured to live (`tokens.access`). */
const longestTokenMs = 24 * 3_600_000;

/**
 * How long a key stays published after its last signature, in milliseconds: the longest life of any ID token, since a
 * reload may have shortened that of today; and that of a browser session, because an application signs somebody out with
 * the ID token from when they came in (OpenID Connect RP-Initiated Logout 1.0, section 2).
 */
export function publishedAfterwardsMs({
  browserSessionMs,
}: Pick<TokenLifetimes, 'browserSessionMs'>): number {
  return Math.max(longestTokenMs, browserSessionMs);
}

/**
 * Sorts keys by what they are at `now`. Nothing is stored of it: every gateway that reads the same keys comes to the same
 * result, as far as their clocks agree. Undefined when there is no key.
 */
export function scheduleOf<Key extends KeyTimes>(
  keys: readonly Key[],
  now: number,
  keptMs: number,
): KeySchedule<Key> | undefined {
  const ordered = keys.toSorted((a, b) => a.order - b.order);
  const first = Math.max(
    0,
    ordered.findLastIndex((key) => key.replacesAll),
  );
  const standing = ordered.slice(first);
  // A clock that was set back must not leave nobody to sign: the oldest does.
  const at = Math.max(
    0,
    standing.findLastIndex((key) => key.signsFrom <= now),
  );
  const signing = standing[at];
  if (signing === undefined) return undefined;
  const announced = standing[at + 1];

  const outlived = ordered.slice(0, first);
  const retired: Key[] = [];
  let until = announced?.signsFrom ?? Number.POSITIVE_INFINITY;
  for (const [index, key] of standing.slice(0, at).entries()) {
    const goesAt = (standing[index + 1] ?? signing).signsFrom + keptMs;
    if (goesAt <= now) {
      outlived.push(key);
      continue;
    }
    retired.unshift(key);
    until = Math.min(until, goesAt);
  }
  return { announced, signing, retired, outlived, until };
}

/** When the next key is to be announced so that it takes over at the configured age; never while one is announced. */
export function nextDue(
  { announced, signing }: Pick<KeySchedule<KeyTimes>, 'announced' | 'signing'>,
  { signingKeyMs, signingKeyNoticeMs }: Pick<TokenLifetimes, 'signingKeyMs' | 'signingKeyNoticeMs'>,
): number {
  return announced === undefined
    ? signing.signsFrom + signingKeyMs - signingKeyNoticeMs
    : Number.POSITIVE_INFINITY;
}
