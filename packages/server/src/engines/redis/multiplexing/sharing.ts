import { argumentBytes, type Command, findOption, isOption, nameOf } from '../command.ts';
import { commandBytes } from '../messages.ts';

/**
 * What a command needs of its connection. `any`: one reply, which no other command of the connection changes and that
 * changes none. `opens`: a transaction or a watch, until `closes`. `own`: one that nobody waits behind. `kept`: it may
 * leave something in the connection for good. A buffer goes to the server in its place.
 */
export type Sharing = 'any' | 'opens' | 'closes' | 'own' | 'kept' | Buffer;

const words = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/));

/**
 * Commands of Redis 8 and Valkey 9 whose reply depends on the data alone, that do not block, and that leave nothing
 * behind in a connection. An allow-list: what is missing here, also what a later server brings, is never shared.
 */
const shareable = words(`
  APPEND BITCOUNT BITFIELD BITFIELD_RO BITOP BITPOS COMMAND COPY DBSIZE DECR DECRBY DEL DELEX DUMP ECHO EXISTS EXPIRE EXPIREAT
  EXPIRETIME FLUSHDB GEOADD GEODIST GEOHASH GEOPOS GEORADIUS GEORADIUSBYMEMBER GEORADIUSBYMEMBER_RO GEORADIUS_RO
  GEOSEARCH GEOSEARCHSTORE GET GETBIT GETDEL GETEX GETRANGE GETSET HDEL HEXISTS HEXPIRE HEXPIREAT HEXPIRETIME HGET
  HGETALL HGETDEL HGETEX HINCRBY HINCRBYFLOAT HKEYS HLEN HMGET HMSET HPERSIST HPEXPIRE HPEXPIREAT HPEXPIRETIME HPTTL
  HRANDFIELD HSCAN HSET HSETEX HSETNX HSTRLEN HTTL HVALS INCR INCRBY INCRBYFLOAT INFO KEYS LCS LINDEX LINSERT LLEN LMOVE
  LMPOP LPOP LPOS LPUSH LPUSHX LRANGE LREM LSET LTRIM MGET MSET MSETEX MSETNX OBJECT PERSIST PEXPIRE PEXPIREAT
  PEXPIRETIME PFADD PFCOUNT PFMERGE PING PSETEX PTTL PUBLISH PUBSUB RANDOMKEY RENAME RENAMENX RPOP RPOPLPUSH RPUSH
  RPUSHX SADD SCAN SCARD SDIFF SDIFFSTORE SET SETBIT SETEX SETNX SETRANGE SINTER SINTERCARD SINTERSTORE SISMEMBER
  SMEMBERS SMISMEMBER SMOVE SORT SORT_RO SPOP SPUBLISH SRANDMEMBER SREM SSCAN STRLEN SUBSTR SUNION SUNIONSTORE TIME TOUCH
  TTL TYPE UNLINK XACK XACKDEL XADD XAUTOCLAIM XCLAIM XDEL XDELEX XGROUP XINFO XLEN XPENDING XRANGE XREVRANGE XSETID XTRIM
  ZADD ZCARD ZCOUNT ZDIFF ZDIFFSTORE ZINCRBY ZINTER ZINTERCARD ZINTERSTORE ZLEXCOUNT ZMPOP ZMSCORE ZPOPMAX ZPOPMIN
  ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANGESTORE ZRANK ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE
  ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION ZUNIONSTORE
  GRANTWAY.REFUSED`);

/** They wait, and so would everybody behind them; they leave nothing behind. */
const blocking = words('BLPOP BRPOP BLMOVE BRPOPLPUSH BLMPOP BZPOPMIN BZPOPMAX BZMPOP');

/**
 * WAIT asks about the writes of its own connection. Those of this client went over another one, so that the server
 * would vouch for writes that it never looked at. An unknown name instead: the server refuses it in its place, also in
 * a transaction.
 */
const waitRefused = commandBytes('WAIT-IS-NOT-OFFERED-WITH-MULTIPLEXED-CONNECTIONS');

/** How a command may travel. `database` is the number that every connection here has selected. */
export function sharingOf(command: Command, database: string): Sharing {
  const name = nameOf(command, 0);
  switch (name) {
    case 'MULTI':
    case 'WATCH':
      return 'opens';
    case 'EXEC':
    case 'DISCARD':
      return 'closes';
    case 'WAIT':
    case 'WAITAOF':
      return waitRefused;
    case 'XREAD':
    case 'XREADGROUP':
      // A key of that name only costs a connection.
      return command.complete && findOption(command, 'BLOCK') === -1 ? 'any' : 'own';
    case 'CLIENT':
      // What a library calls itself changes no reply that anybody gets here: who asks for it has a connection of their own.
      return command.complete && isOption(command, 1, 'SETINFO') ? 'any' : 'kept';
    case 'SELECT':
      return command.count === 2 && command.complete && isNumber(command, database) ? 'any' : 'kept';
  }
  if (blocking.has(name)) return 'own';
  if (!shareable.has(name)) return 'kept';
  // Half a command would keep everybody waiting for its other half.
  return command.complete ? 'any' : 'own';
}

function isNumber(command: Command, database: string): boolean {
  return argumentBytes(command, 1).toString('latin1') === database;
}
