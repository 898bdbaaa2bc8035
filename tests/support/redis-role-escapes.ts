import type { Redis } from 'ioredis';

/** One way that was seen to leave, or might leave, what an ACL user may do. */
export interface RedisEscape {
  readonly name: string;
  /** Run one after the other on one connection. */
  readonly commands: readonly (readonly [command: string, ...words: string[]])[];
}

/** Who the connection is, or what it shares with everybody, is what these would change. Every one must be refused. */
export const redisEscapes: readonly RedisEscape[] = [
  one('AUTH as default', 'AUTH default guess'),
  one('AUTH as another', 'AUTH administrator guess'),
  one('HELLO as default', 'HELLO 3 AUTH default guess'),
  one('HELLO as another', 'HELLO 2 AUTH administrator guess'),
  one('listing connections', 'CLIENT LIST'),
  one('killing connections', 'CLIENT KILL TYPE normal'),
  one('killing connections, oddly spelled', 'cLiEnT kIlL TYPE normal'),
  one('pausing everybody', 'CLIENT PAUSE 1'),
  one('ending a pause', 'CLIENT UNPAUSE'),
  one('unblocking another', 'CLIENT UNBLOCK 1'),
  one('escaping eviction', 'CLIENT NO-EVICT on'),
  one('watching everybody', 'MONITOR'),
  one('being a replica', 'PSYNC ? -1'),
  one('being an old replica', 'SYNC'),
  one('talking like a replica', 'REPLCONF listening-port 1'),
  one('making it a replica', 'REPLICAOF no one'),
  one('making it a replica, old name', 'SLAVEOF no one'),
  one('failing over', 'FAILOVER ABORT'),
  one('reading settings', 'CONFIG GET maxmemory'),
  one('changing settings', 'CONFIG SET maxmemory 0'),
  one('rewriting settings', 'CONFIG REWRITE'),
  one('listing users', 'ACL LIST'),
  one('changing users', 'ACL SETUSER somebody on nopass'),
  one('changing oneself', 'ACL SETUSER default on nopass +@all ~*'),
  one('reloading users', 'ACL LOAD'),
  one('reading refusals of others', 'ACL LOG'),
  one('loading a module', 'MODULE LOAD /tmp/module.so'),
  one('listing modules', 'MODULE LIST'),
  one('debugging', 'DEBUG OBJECT k'),
  one('sending keys elsewhere', 'MIGRATE 127.0.0.1 1 k 0 100'),
  one('writing files', 'SAVE'),
  one('writing files in the background', 'BGSAVE'),
  one('rewriting the log', 'BGREWRITEAOF'),
  one('stopping the server', 'SHUTDOWN NOSAVE'),
  one('emptying everything', 'FLUSHALL'),
  one('swapping databases', 'SWAPDB 0 1'),
  one('putting in raw values', 'RESTORE k 0 x'),
  one('what is slow for others', 'SLOWLOG GET'),
  one('what is late for others', 'LATENCY LATEST'),
  one('a script', 'EVAL return(1) 0'),
  one('a read-only script', 'EVAL_RO return(1) 0'),
  one('a known script', 'EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0'),
  one('a function', 'FCALL f 0'),
  one('a library', 'FUNCTION LOAD x'),
  one('forgetting functions', 'FUNCTION FLUSH'),
  one('forgetting scripts', 'SCRIPT FLUSH'),
  one('stopping a script', 'SCRIPT KILL'),
  one('resetting a cluster', 'CLUSTER RESET'),
];

/**
 * Ways around key patterns, for a user of `app:*` who may read, write and sort: in each, a foreign key is not where a
 * key usually stands.
 */
export function keyEscapes(foreign: string): readonly RedisEscape[] {
  return [
    one('the key itself', `GET ${foreign}`),
    one('the second of several', `MGET app:a ${foreign}`),
    one('a counted list of keys', `ZUNIONSTORE app:d 1 ${foreign}`),
    one('a counted list, read', `ZDIFF 2 app:z ${foreign}`),
    one('sorting', `SORT ${foreign}`),
    one('sorting by others', `SORT app:l BY ${foreign}*`),
    one('sorting and reading others', `SORT app:l GET ${foreign}*`),
    one('sorting into others', `SORT app:l STORE ${foreign}`),
    one('a place stored', `GEORADIUS ${foreign} 0 0 1 m STORE app:d`),
    one('a place stored elsewhere', `GEOSEARCHSTORE ${foreign} app:g FROMLONLAT 0 0 BYRADIUS 1 m`),
    one('a stream', `XREAD COUNT 1 STREAMS ${foreign} 0`),
    one('a stream of a group', `XREADGROUP GROUP g c STREAMS ${foreign} >`),
    one('looking inside', `OBJECT ENCODING ${foreign}`),
    one('weighing', `MEMORY USAGE ${foreign}`),
    one('copying out', `COPY ${foreign} app:copy`),
    one('copying in', `COPY app:a ${foreign}`),
    one('renaming', `RENAME app:a ${foreign}`),
    one('moving', `LMOVE ${foreign} app:l LEFT LEFT`),
    one('bits', `BITOP NOT app:b ${foreign}`),
    one('a set stored', `SINTERSTORE app:s app:t ${foreign}`),
    one('a common part', `LCS app:a ${foreign}`),
    one('counting', `PFCOUNT app:h ${foreign}`),
    one('dumping', `DUMP ${foreign}`),
    one('touching', `TOUCH app:a ${foreign}`),
    one('watching', `WATCH ${foreign}`),
    one('popping', `LMPOP 1 ${foreign} LEFT`),
    one('a channel', 'PUBLISH other x'),
    { name: 'inside MULTI', commands: [['MULTI'], ['GET', foreign]] },
    { name: 'a key with a line break', commands: [['GET', `app\r\nGET ${foreign}`]] },
  ];
}

function one(name: string, line: string): RedisEscape {
  const [command = '', ...words] = line.split(' ');
  return { name, commands: [[command, ...words]] };
}

/** Tries one form. Gives the first word of the refusal, or `done`. */
export async function tryRedisEscape(client: Redis, { commands }: RedisEscape): Promise<string> {
  for (const [command, ...words] of commands) {
    const refusal = await client.call(command, ...words).then(
      () => undefined,
      (cause: Error) => cause.message.split(' ', 1)[0] ?? '',
    );
    if (refusal !== undefined) return refusal;
  }
  return 'done';
}
