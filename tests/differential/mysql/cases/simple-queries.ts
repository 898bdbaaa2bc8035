import type { MysqlBuild } from '../../../support/mysql-builds.ts';
import type { Theme } from '../../case.ts';
import { type MysqlStep, sql, sqls } from '../steps.ts';

/** The text protocol. */
export function simpleQueries(product: MysqlBuild['product']): Theme<MysqlStep> {
  return {
    name: 'text protocol',
    cases: [
      { name: 'a number', steps: [sql('SELECT 1')] },
      { name: 'the empty text', errors: ['1065'], steps: [sql('')] },
      {
        name: 'x',
        steps: sqls(
          'SELECT * FROM numbers',
          "INSERT INTO notes (title) VALUES ('a'), ('b')",
          product === 'mysql' ? 'SELECT 1' : 'SELECT 2',
        ),
      },
    ],
  };
}
