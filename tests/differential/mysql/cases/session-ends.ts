import type { MysqlBuild } from '../../../support/mysql-builds.ts';
import type { Theme } from '../../case.ts';
import { execute, prepare, query } from '../commands.ts';
import { awaitRunning, hear, hearEnd, type MysqlStep, say, sql, sqls } from '../steps.ts';

const sleep = 'SELECT SLEEP(30)';
const tables = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
/** The sum keeps the server from multiplying the numbers of rows, which would be quick. */
const endless = `SELECT SUM(${tables.map((name) => `${name}.n`).join(' * ')}) FROM ${tables.map((name) => `numbers ${name}`).join(', ')}`;
const later = { hear: 'later' } as const;
const killQuery: MysqlStep = { kind: 'kill', by: 'other', on: 'main', what: 'QUERY' };
const killedByServer: MysqlStep = { kind: 'administrator', sql: 'KILL $id' };

/** Cancels, kills, and what a session says when it ends. */
export function sessionEnds(product: MysqlBuild['product']): Theme<MysqlStep> {
  const mysql = product === 'mysql';
  const interrupted = mysql ? [] : ['1317'];
  return {
    name: 'cancels and ends',
    cases: [
      {
        name: 'a sleep that is cancelled',
        errors: interrupted,
        steps: [sql(sleep, later), awaitRunning(sleep), killQuery, hear(), sql('SELECT 1')],
      },
      {
        name: 'a query that is cancelled',
        errors: ['1317'],
        steps: [sql(endless, later), awaitRunning('numbers j'), killQuery, hear(), sql('SELECT 1')],
      },
      {
        name: 'a prepared statement that is cancelled',
        errors: interrupted,
        steps: [
          say([prepare('a', sleep)]),
          say([execute('a')], later),
          awaitRunning(sleep),
          killQuery,
          hear(),
          sql('SELECT 1'),
        ],
      },
      {
        name: 'a statement in the middle of a pipeline that is cancelled',
        errors: interrupted,
        steps: [
          say([query('SELECT 1'), query(sleep), query('SELECT 3')], later),
          awaitRunning(sleep),
          killQuery,
          hear(),
        ],
      },
      {
        name: 'a statement of a transaction that is cancelled',
        errors: interrupted,
        steps: [
          sql('BEGIN'),
          sql("INSERT INTO notes (title) VALUES ('a')"),
          sql(sleep, later),
          awaitRunning(sleep),
          killQuery,
          hear(),
          ...sqls('ROLLBACK', 'SELECT COUNT(*) FROM notes'),
        ],
      },
      {
        name: 'a lock that is waited for and cancelled from within a transaction',
        errors: ['1317'],
        steps: [
          sql('BEGIN', { on: 'other' }),
          sql('SELECT n FROM numbers WHERE n = 1 FOR UPDATE', { on: 'other' }),
          sql('DELETE FROM numbers WHERE n = 1', later),
          awaitRunning('DELETE'),
          killQuery,
          hear(),
          sql('ROLLBACK', { on: 'other' }),
        ],
      },
      {
        name: 'a session that another one ends while it works',
        steps: [
          sql(sleep, later),
          awaitRunning(sleep),
          { kind: 'kill', by: 'other', on: 'main', what: 'CONNECTION' },
          sql('SELECT 1', { on: 'other' }),
        ],
      },
      {
        name: 'a number that nobody has',
        errors: ['1094', '1094'],
        steps: sqls('KILL QUERY 4294967', 'KILL 4294967', 'SELECT 1'),
      },
      {
        name: 'an idle session that the server ends',
        steps: [sql('SELECT 1'), killedByServer, hearEnd()],
      },
      {
        name: 'a session that the server ends while it works',
        steps: [sql(sleep, later), awaitRunning(sleep), killedByServer, hearEnd()],
      },
      {
        name: 'what was done before the end stays',
        steps: [
          ...sqls(
            "INSERT INTO notes (title) VALUES ('kept')",
            'BEGIN',
            "INSERT INTO notes (title) VALUES ('lost')",
          ),
          killedByServer,
          hearEnd(),
          sql('SELECT title FROM notes', { on: 'other' }),
        ],
      },
    ],
  };
}
