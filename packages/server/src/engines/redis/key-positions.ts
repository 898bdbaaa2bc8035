/** Where the keys of a command stand among its arguments; the name is argument 0. */
export type KeyPositions =
  /** At fixed places: every `step`-th from `first` to `last`, which counts from the end when it is negative. */
  | { readonly kind: 'places'; readonly first: number; readonly last: number; readonly step: number }
  /** As many as the number at `at` says, behind it; and one before it where a command stores its result. */
  | { readonly kind: 'counted'; readonly at: number }
  /** Behind the word STREAMS stand as many keys as ids. */
  | { readonly kind: 'streams' };

const places = (first: number, last: number, step = 1): KeyPositions => ({
  kind: 'places',
  first,
  last,
  step,
});

/**
 * As the servers' own `COMMAND` says (Redis 7.0 to 8.0, Valkey 9). Channels of pub/sub count as keys: they are what a
 * reader of the audit looks for. A command that is missing here is shown without its arguments.
 */
const groups: readonly (readonly [positions: KeyPositions, names: string])[] = [
  [
    places(1, 1),
    `APPEND BITCOUNT BITFIELD BITFIELD_RO BITPOS DECR DECRBY DUMP EXPIRE EXPIREAT EXPIRETIME GEOADD GEODIST GEOHASH
     GEOPOS GEORADIUS GEORADIUS_RO GEORADIUSBYMEMBER GEORADIUSBYMEMBER_RO GEOSEARCH GET GETBIT GETDEL GETEX GETRANGE
     GETSET HDEL HEXISTS HEXPIRE HEXPIREAT HEXPIRETIME HGET HGETALL HGETDEL HGETEX HINCRBY HINCRBYFLOAT HKEYS HLEN
     HMGET HMSET HPERSIST HPEXPIRE HPEXPIREAT HPEXPIRETIME HPTTL HRANDFIELD HSCAN HSET HSETEX HSETNX HSTRLEN HTTL
     HVALS INCR INCRBY INCRBYFLOAT LINDEX LINSERT LLEN LPOP LPOS LPUSH LPUSHX LRANGE LREM LSET LTRIM MOVE PERSIST
     PEXPIRE PEXPIREAT PEXPIRETIME PFADD PSETEX PTTL PUBLISH RESTORE RPOP RPUSH RPUSHX SADD SCARD SET SETBIT SETEX
     SETNX SETRANGE SISMEMBER SMEMBERS SMISMEMBER SORT SORT_RO SPOP SPUBLISH SRANDMEMBER SREM SSCAN STRLEN SUBSTR TTL
     TYPE XACK XADD XAUTOCLAIM XCLAIM XDEL XLEN XPENDING XRANGE XREVRANGE XSETID XTRIM ZADD ZCARD ZCOUNT ZINCRBY
     ZLEXCOUNT ZMSCORE ZPOPMAX ZPOPMIN ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANK ZREM ZREMRANGEBYLEX
     ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE`,
  ],
  [
    places(1, -1),
    `DEL EXISTS MGET PFCOUNT PFMERGE PSUBSCRIBE PUNSUBSCRIBE SDIFF SDIFFSTORE SINTER SINTERSTORE SSUBSCRIBE SUBSCRIBE
     SUNION SUNIONSTORE SUNSUBSCRIBE TOUCH UNLINK UNSUBSCRIBE WATCH`,
  ],
  [places(1, -1, 2), 'MSET MSETNX'],
  [places(1, -2), 'BLPOP BRPOP BZPOPMAX BZPOPMIN'],
  [
    places(1, 2),
    'BLMOVE BRPOPLPUSH COPY GEOSEARCHSTORE LCS LMOVE RENAME RENAMENX RPOPLPUSH SMOVE ZRANGESTORE',
  ],
  [places(2, 2), 'MEMORY OBJECT XGROUP XINFO'],
  [places(2, -1), 'BITOP'],
  [{ kind: 'counted', at: 1 }, 'LMPOP SINTERCARD ZDIFF ZINTER ZINTERCARD ZMPOP ZUNION'],
  [
    { kind: 'counted', at: 2 },
    'BLMPOP BZMPOP EVAL EVALSHA EVALSHA_RO EVAL_RO FCALL FCALL_RO ZDIFFSTORE ZINTERSTORE ZUNIONSTORE',
  ],
  [{ kind: 'streams' }, 'XREAD XREADGROUP'],
];

/** Commands without keys, whose arguments may be shown by their sizes. */
const keyless = `ACL ASKING AUTH CLIENT CLUSTER COMMAND CONFIG DBSIZE DISCARD ECHO EXEC FUNCTION HELLO INFO KEYS LATENCY
  LOLWUT MODULE MULTI PING PUBSUB RANDOMKEY READONLY READWRITE SCAN SCRIPT SELECT SLOWLOG TIME UNWATCH WAIT WAITAOF`;

const words = (names: string) => names.split(/\s+/);

/** By name, in capitals; absent for a command of which nobody told us where its keys are. */
export const keyPositions: ReadonlyMap<string, KeyPositions | 'none'> = new Map<
  string,
  KeyPositions | 'none'
>([
  ...groups.flatMap(([positions, names]) => words(names).map((name) => [name, positions] as const)),
  ...words(keyless).map((name) => [name, 'none'] as const),
]);

/**
 * Commands whose arguments may be passwords, in whatever form the next version of a server takes them: nothing of them is
 * a value that could be recorded.
 */
export const secretCommands: ReadonlySet<string> = new Set(words('ACL AUTH CONFIG HELLO MIGRATE'));

/** Commands whose first argument names what they do. */
export const containers: ReadonlySet<string> = new Set(
  words(
    'ACL CLIENT CLUSTER COMMAND CONFIG FUNCTION LATENCY MEMORY MODULE OBJECT PUBSUB SCRIPT SLOWLOG XGROUP XINFO',
  ),
);
