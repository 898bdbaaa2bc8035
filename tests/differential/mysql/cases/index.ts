/**
 * The cases of the MySQL protocol, a file for each theme. MySQL and MariaDB differ in some error numbers and types,
 * so a theme is made for a product. `mysql-engine.ts` says what the database has.
 */
import type { MysqlBuild } from '../../../support/mysql-builds.ts';
import type { Theme } from '../../case.ts';
import type { MysqlStep } from '../steps.ts';
import { simpleQueries } from './simple-queries.ts';

/** All of them. */
export function themesOf(product: MysqlBuild['product']): readonly Theme<MysqlStep>[] {
  return [simpleQueries(product)];
}
