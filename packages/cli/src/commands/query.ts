import { once } from 'node:events';
import { type Query, query, queryStream } from '@grantway/client';
import { Command, InvalidArgumentError, Option } from 'commander';
import { counted } from '../counted.ts';
import { type DatabaseToken, databaseToken } from '../database-token.ts';
import { Failure } from '../failure.ts';
import { printTable } from '../print-table.ts';
import { print, say, type Terminal } from '../terminal.ts';
import { configuredName, type TokenOptions, tokenOptions, tokenRequest } from '../token-options.ts';

interface QueryOptions extends TokenOptions {
  readonly param: readonly string[];
  readonly limit?: number;
  readonly json?: true;
  readonly csv?: true;
}

/** `query`: one statement over HTTP, without a client of the database. */
export function queryCommand(terminal: Terminal): Command {
  return tokenOptions(new Command('query'))
    .description('run one statement: a table on a terminal, CSV in a pipe')
    .argument('<database>', 'the name of the database at the gateway', configuredName)
    .argument(
      '<statement>',
      'one SQL statement; $1, $2 … stand for --param values. On Redis the name of a command',
    )
    .argument('[words...]', 'on Redis the other words of the command')
    .addOption(
      new Option('--param <value>', 'a parameter, in order; repeat it')
        .argParser((value, all: readonly string[]) => [...all, value])
        .default([], 'none'),
    )
    .option('--limit <rows>', 'how many rows at most (default: 1000; for CSV all)', positive)
    .option('--json', 'print one JSON document')
    .addOption(new Option('--csv', 'print CSV, without a limit of its own').conflicts('json'))
    .addHelpText(
      'after',
      "\nExample:\n  $ grantway query authdb 'select * from users where id = $1' --param 2\n  $ grantway query cache GET greeting\n",
    )
    .action(async (database: string, statement: string, words: readonly string[], options: QueryOptions) => {
      const token = await databaseToken(terminal, tokenRequest(database, options));
      const body: Query = {
        ...asked(token.connection.engine, [statement, ...words], options.param),
        ...(options.role === undefined ? {} : { role: options.role }),
        ...(options.limit === undefined ? {} : { limit: options.limit }),
      };
      await (options.csv || (!options.json && !terminal.interactive)
        ? printCsv(terminal, token, body)
        : printAnswer(terminal, token, body, options));
    });
}

/** Engines whose statements are lists of words. */
const commandEngines: ReadonlySet<string> = new Set(['redis']);

/** What was typed, as the engine takes it. @throws Failure when it is of the other kind */
function asked(engine: string, words: readonly [string, ...string[]], parameters: readonly string[]): Query {
  if (commandEngines.has(engine)) {
    if (parameters.length === 0) return { command: words };
    throw new Failure('A command has no parameters: write its words one after the other.');
  }
  const [statement, ...more] = words;
  if (more.length === 0) return { statement, parameters };
  throw new Failure('This database takes one statement: put it in quotes.');
}

async function printCsv(terminal: Terminal, token: DatabaseToken, body: Query): Promise<void> {
  const { gateway, accessToken, connection } = token;
  const csv = await queryStream(gateway, accessToken, connection.database, body, 'text/csv');
  for await (const chunk of csv) {
    if (!terminal.out.write(chunk)) await once(terminal.out, 'drain');
  }
}

async function printAnswer(
  terminal: Terminal,
  { gateway, accessToken, connection }: DatabaseToken,
  body: Query,
  options: QueryOptions,
): Promise<void> {
  const { columns, rows, rowCount, truncated } = await query(gateway, accessToken, connection.database, body);
  if (options.json) {
    print(terminal, JSON.stringify({ columns, rows, rowCount, truncated }, null, 2));
    return;
  }
  if (columns.length > 0) {
    printTable(
      terminal,
      columns.map(({ name }) => name),
      rows.map((row) => row.map(cell)),
    );
  }
  const more = truncated ? ', and there are more: use --limit or --csv' : '';
  say(terminal, `${counted(rowCount, 'row')}${columns.length === 0 ? ' changed' : ''}${more}`);
}

function cell(value: unknown): string {
  if (value === null) return 'NULL';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function positive(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new InvalidArgumentError('It is a whole number from 1.');
  return Number(value);
}
