/**
 * bench/redis: redis-benchmark against Redis 7, directly, through HAProxy, and through Grantway (see
 * bench/beside-haproxy), also one that keeps no audit (bench/without-audit).
 *
 * Owns: the server, redis-benchmark, the loads. Does not own: the proxies, rounds and report.
 */
export { benchRedis } from './bench-redis.ts';
