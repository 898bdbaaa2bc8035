/**
 * engines/redis: RESP 2 and 3, as the server of our clients and as the client of a Redis or Valkey server.
 *
 * Owns: the handshake of a client ({@link accept}), the login at the server ({@link createConnect}), the relay with its
 * observation of commands, the commands that never reach the server, the list of those that are refused, the reset of
 * a connection; in `roles/` the ACL users of managed roles. Does not own: tokens, rules, records, pools.
 *
 *   accept ─▶ RedisClient ─┐           ┌─ CommandScanner ─▶ ClientCommands ─┐   AUTH HELLO RESET QUIT: OwnCommands
 *                          ├─▶ relay ──┤                                    ├─▶ Conversation ─▶ StatementObserver
 *   connect ─▶ RedisUpstream           └─ ReplyScanner ───▶ ServerReplies ──┘   (what answers what; is it idle?)
 *                └─ resetSession
 *
 * A server alone, the primary that the Sentinels of `sentinels/` name, or in `cluster/` the nodes of a cluster as one.
 */
import type { Engine } from '../engine.ts';
import { accept } from './accept.ts';
import { createConnect } from './connect.ts';
import { RedisMultiplexer } from './multiplexing/index.ts';
import { relay } from './relay.ts';
import type { RedisServices } from './services.ts';

export type { RedisServices } from './services.ts';

/** Redis 6.2 and newer, Valkey. */
export function createRedisEngine(services: RedisServices): Engine {
  const connect = createConnect(services);
  return {
    name: 'redis',
    traits: {
      // The text of a command is made for the records, of its name and its keys alone.
      withoutSecrets: (text) => text,
    },
    accept,
    connect,
    relay,
    multiplexer: () => new RedisMultiplexer(),
  };
}
