/**
 * drivers: how each database driver asks for a fresh token when it opens a connection, so that a pool outlives tokens.
 *
 * Owns: what a driver wants besides `client.password(holder)`. `pg` and postgres.js take that function as their
 * `password` and need nothing from here. Does not own: the drivers, none of which is loaded by this package.
 *
 *   pg, postgres.js   password: client.password(holder)
 *   mysql2            authPlugins: mysql2Token(password)
 *   mariadb           stream: mariadbToken(password, { host, port })
 *   ioredis           await followWithIoredis(client, holder, redis)
 *   node-redis        credentialsProvider: nodeRedisCredentials(client, holder, onError)
 */
export { followWithIoredis, type IoredisClient } from './ioredis.ts';
export { mariadbToken } from './mariadb.ts';
export { mysql2Token } from './mysql2.ts';
export { nodeRedisCredentials } from './node-redis.ts';
