import type { MysqlBuild } from '../../../support/mysql-builds.ts';
import type { Theme } from '../../case.ts';
import { type MysqlStep, say, sql } from '../steps.ts';

/** What the server ends by itself after a second, which these cases take. */
export function timeouts(product: MysqlBuild['product']): Theme<MysqlStep> {
  const other = { on: 'other' } as const;
  return {
    name: 'timeouts',
    cases: [
      {
        name: 'a lock timeout',
        errors: ['1205'],
        steps: [
          sql('BEGIN'),
          sql('SELECT n FROM numbers WHERE n = 1 FOR UPDATE'),
          sql('SET innodb_lock_wait_timeout = 1', other),
          sql('SELECT n FROM numbers WHERE n = 1 FOR UPDATE', other),
          sql('ROLLBACK'),
        ],
      },
      {
        name: 'an idle timeout',
        errors: product === 'mysql' ? ['4031'] : [],
        steps: [sql('SET wait_timeout = 1'), say([], { hear: 'closed' })],
      },
    ],
  };
}
