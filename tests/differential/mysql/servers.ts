import { type MysqlVersion, mysqlVersions } from '../../support/mysql-builds.ts';
import type { framings } from './mysql-run.ts';

/** `npm test` has both framings on MySQL and one of them on each MariaDB, which share most of their code. */
const usual: Readonly<Record<keyof typeof framings, readonly MysqlVersion[]>> = {
  modern: ['mysql-9.7', 'mariadb-11.8'],
  old: ['mysql-9.7', 'mariadb-10.11'],
};

/** The servers of one framing; with `GRANTWAY_TEST_ALL_FRAMINGS=1` in the environment all there are. */
export function serversFor(framing: keyof typeof framings): readonly MysqlVersion[] {
  return process.env.GRANTWAY_TEST_ALL_FRAMINGS === '1' ? mysqlVersions : usual[framing];
}
