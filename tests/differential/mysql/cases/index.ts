/**
 * The cases of the MySQL protocol, a file for each theme. MySQL and MariaDB differ in some error numbers and types,
 * so a theme is made for a product. `mysql-engine.ts` says what the database has.
 */
import type { MysqlBuild } from '../../../support/mysql-builds.ts';
import type { Theme } from '../../case.ts';
import type { MysqlStep } from '../steps.ts';
import { errors } from './errors.ts';
import { largeValues } from './large-values.ts';
import { multiResults } from './multi-results.ts';
import { preparedStatements } from './prepared-statements.ts';
import { sessionEnds } from './session-ends.ts';
import { settings } from './settings.ts';
import { simpleQueries } from './simple-queries.ts';
import { timeouts } from './timeouts.ts';
import { transactions } from './transactions.ts';
import { values } from './values.ts';

/** All of them. */
export function themesOf(product: MysqlBuild['product']): readonly Theme<MysqlStep>[] {
  return [
    ...values(product),
    simpleQueries(product),
    multiResults(product),
    preparedStatements(product),
    errors(product),
    transactions(product),
    settings(product),
    largeValues(product),
    sessionEnds(product),
    timeouts(product),
  ];
}
