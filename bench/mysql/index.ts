/**
 * bench/mysql: sysbench against MariaDB, directly, through HAProxy, and through Grantway (see bench/beside-haproxy).
 *
 * Owns: the server with its data, sysbench, the loads. Does not own: the proxies, rounds and report.
 */
export { benchMysql } from './bench-mysql.ts';
