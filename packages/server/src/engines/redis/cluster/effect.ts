import { argumentBytes, type Command, findOption } from '../command.ts';
import { keyPositions } from '../key-positions.ts';

/** What matters of a command for whether others may run beside it. */
export interface Effect {
  /** It changes nothing that anybody sees. */
  readonly reads: boolean;
  /**
   * A node may put it off and run what is behind it: with several keys of a slot that moves (TRYAGAIN), and with one of a
   * slot that is known to (ASK).
   */
  readonly mayBePutOff: boolean;
}

/** Nothing is known of the command, or it writes. */
export const writes: Effect = { reads: false, mayBePutOff: false };
/** It changes nothing that anybody sees, and no node puts it off. */
export const reads: Effect = { reads: true, mayBePutOff: false };
const readsKeys: Effect = { reads: true, mayBePutOff: true };
const writesKeys: Effect = { reads: false, mayBePutOff: true };

/**
 * Commands that servers flag `readonly`, and those that are about no data at all. A list of what is allowed: what is
 * missing here counts as a write, and waits.
 */
export const readOnly: ReadonlySet<string> = new Set(
  `BITCOUNT BITFIELD_RO BITPOS DUMP EXISTS EXPIRETIME GEODIST GEOHASH GEOPOS GEORADIUSBYMEMBER_RO GEORADIUS_RO GEOSEARCH
  GET GETBIT GETRANGE HEXISTS HEXPIRETIME HGET HGETALL HKEYS HLEN HMGET HPEXPIRETIME HPTTL HRANDFIELD HSCAN HSTRLEN HTTL
  HVALS LCS LINDEX LLEN LPOS LRANGE MGET PEXPIRETIME PFCOUNT PTTL SCARD SDIFF SINTER SINTERCARD SISMEMBER SMEMBERS
  SMISMEMBER SORT_RO SRANDMEMBER SSCAN STRLEN SUBSTR SUNION TTL TYPE XLEN XPENDING XRANGE XREVRANGE ZCARD ZCOUNT ZDIFF
  ZINTER ZINTERCARD ZLEXCOUNT ZMSCORE ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANK ZREVRANGE ZREVRANGEBYLEX
  ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION`.split(/\s+/),
);
const withoutData: ReadonlySet<string> = new Set([
  'CLIENT',
  'CLUSTER',
  'COMMAND',
  'ECHO',
  'INFO',
  'PING',
  'TIME',
]);

/** Commands of one key, and a second one behind such a word. */
const storingWords: ReadonlyMap<string, readonly string[]> = new Map([
  ['SORT', ['STORE']],
  ['GEORADIUS', ['STORE', 'STOREDIST']],
  ['GEORADIUSBYMEMBER', ['STORE', 'STOREDIST']],
]);

/** `name` is in capitals. */
export function effectOf(command: Command, name: string): Effect {
  const several = hasSeveralKeys(command, name);
  if (readOnly.has(name) || withoutData.has(name)) return several ? readsKeys : reads;
  return several ? writesKeys : writes;
}

/** True also where nobody told us: a command of a module, or keys in an argument that is not here. */
function hasSeveralKeys(command: Command, name: string): boolean {
  const storing = storingWords.get(name);
  // A key of that name only makes those behind it wait.
  if (storing !== undefined) return storing.some((word) => findOption(command, word, 2) !== -1);
  const positions = keyPositions.get(name);
  if (positions === 'none') return false;
  if (positions === undefined) return command.count > 2;
  switch (positions.kind) {
    case 'places': {
      const { first, step } = positions;
      const last = positions.last < 0 ? command.count + positions.last : positions.last;
      return first + step <= last;
    }
    case 'counted':
      return name.endsWith('STORE') || argumentBytes(command, positions.at).toString('latin1') !== '1';
    case 'streams':
      // The word, one key and one id at the end of the command.
      return (
        argumentBytes(command, command.count - 3)
          .toString('latin1')
          .toUpperCase() !== 'STREAMS'
      );
  }
}
