import { execute, fieldList, query } from '../../differential/mysql/commands.ts';
import { Violation } from '../violation.ts';
import { type Exchange, exchange, linesOf, textRow } from './exchange.ts';

const variables = [
  '@left_behind',
  '@@autocommit',
  '@@sql_mode',
  '@@time_zone',
  '@@character_set_client',
  '@@character_set_results',
  '@@collation_connection',
  '@@sql_select_limit',
  '@@group_concat_max_len',
  '@@lc_time_names',
  '@@foreign_key_checks',
  '@@sql_safe_updates',
  '@@wait_timeout',
  'DATABASE()',
  'CURRENT_USER()',
  'CURRENT_ROLE()',
  'LAST_INSERT_ID()',
  '@@timestamp > 1000000',
  "IS_FREE_LOCK(CONCAT('left_', CONNECTION_ID()))",
] as const;

const ofProduct = {
  mysql: ['@@transaction_isolation', '@@transaction_read_only', '@@max_execution_time'],
  mariadb: ['@@tx_isolation', '@@tx_read_only', '@@max_statement_time'],
} as const;

/** What a probe has found out. */
export interface FoundState {
  /** The server's number of the connection. */
  backend: string;
  /** The values of everything that somebody may have changed. */
  values: string;
}

/** Questions that find out whether a connection remembers anybody. All must be asked, `found` is filled in then. */
export function probes(product: 'mysql' | 'mariadb', found: FoundState): readonly Exchange[] {
  const names = [...variables, ...ofProduct[product]];
  return [
    {
      command: query(`SELECT CONNECTION_ID(), ${names.join(', ')}`),
      check: ({ lines }) => {
        const [row = ''] = linesOf(lines).rows;
        const [, backend = '', values = ''] = /^Row "(\d+)" \| (.*)$/.exec(row) ?? [];
        if (backend === '') throw new Violation(`a new session finds: ${lines.join('\n')}`);
        found.backend = backend;
        found.values = values;
      },
    },
    exchange(query('SELECT * FROM left_behind'), { errors: [/^ERR 1146 /] }),
    exchange(query('EXECUTE left_behind'), { errors: [/^ERR 1243 /] }),
    exchange(execute('never prepared'), { errors: [/^ERR 1243 /] }),
    // With a lock on another table this would be refused.
    exchange(query('SELECT COUNT(*) FROM tagged WHERE owner = -1'), { rows: [textRow(0)] }),
    exchange(query('SELECT 1; SELECT 2'), { rows: [textRow(1), textRow(2)], results: 2 }),
    { command: fieldList('lockable'), check: () => {} },
  ];
}
