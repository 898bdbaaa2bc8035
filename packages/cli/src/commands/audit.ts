import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TrailRecord } from '@grantway/server';
import { Command, InvalidArgumentError } from 'commander';
import { counted } from '../counted.ts';
import { exitCodes } from '../failure.ts';
import { type OperatorOptions, operatorCommand, readConfig, withWorkspace } from '../open-workspace.ts';
import { oneLine, printRows, type Row, timeCell } from '../print-table.ts';
import { print, say, type Terminal } from '../terminal.ts';

/** How often `tail --follow` looks for new records, in milliseconds. */
const lookMs = 500;

/** `audit`: what happened, from the files that the gateway and these commands write. */
export function auditCommand(terminal: Terminal): Command {
  return new Command('audit')
    .description('read, search, verify and export the audit records')
    .addCommand(tail(terminal))
    .addCommand(statements(terminal))
    .addCommand(verify(terminal))
    .addCommand(exportRecords(terminal))
    .addHelpText(
      'after',
      '\nExample:\n  $ grantway audit tail --follow\n  $ grantway audit statements --database authdb --text users\n  $ grantway audit verify\n',
    );
}

interface FilterOptions extends OperatorOptions {
  readonly user?: string;
  readonly client?: string;
  readonly database?: string;
  readonly type?: string;
  readonly text?: string;
  readonly since?: number;
  readonly until?: number;
}

function withFilters(command: Command): Command {
  return command
    .option('--user <user>', 'of this person only')
    .option('--client <id>', 'through this application only')
    .option('--database <name>', 'about this database only')
    .option('--text <part>', 'only statements with this in their text')
    .option(
      '--since <time>',
      'from then on: 2026-01-31 (a day begins at 0:00 UTC) or 2026-01-31T12:00:00+01:00',
      time,
    )
    .option('--until <time>', 'before then', time);
}

function withType(command: Command): Command {
  return command.option(
    '--type <type>',
    'of this type only: sign_in, consent, session_started, statement, admin …',
  );
}

function tail(terminal: Terminal): Command {
  return withType(withFilters(operatorCommand('tail', 'print the latest records, oldest first')))
    .option('-n, --lines <count>', 'how many', count, 20)
    .option('-f, --follow', 'go on with new records as they come')
    .option('--json', 'print each record as a line of JSON')
    .addHelpText('after', '\nExample:\n  $ grantway audit tail --follow --database authdb\n')
    .action(async (options: FilterOptions & { readonly lines: number; readonly follow?: true }) => {
      const workspace = { config: await readConfig(terminal, options) };
      const { followTrail, readTrail } = await import('@grantway/server');
      const filter = await filterOf(options);
      const seen = new Map<string, number>();
      const latest: TrailRecord[] = [];
      for await (const record of readTrail(workspace, filter)) {
        seen.set(record.chain, record.sequence);
        latest.push(record);
        if (latest.length > options.lines) latest.shift();
      }
      for (const record of latest) printRecord(terminal, record, options);
      if (latest.length === 0 && !options.json) say(terminal, 'None.');
      if (!options.follow) return;
      const wait = () => sleep(lookMs);
      for await (const record of followTrail(workspace, filter, seen, wait))
        printRecord(terminal, record, options);
    });
}

function statements(terminal: Terminal): Command {
  return withFilters(
    operatorCommand(
      'statements',
      'say who ran what, from which application: the latest statements, oldest first',
    ),
  )
    .option('-n, --lines <count>', 'how many', count, 100)
    .option('--json', 'print each record as a line of JSON')
    .addHelpText(
      'after',
      `\nExample, who touched the table users on a Tuesday:
  $ grantway audit statements --database authdb --text users --since 2026-11-17 --until 2026-11-18\n`,
    )
    .action(async (options: FilterOptions & { readonly lines: number }) => {
      const workspace = { config: await readConfig(terminal, options) };
      const { readTrail } = await import('@grantway/server');
      const latest: TrailRecord[] = [];
      let found = 0;
      for await (const record of readTrail(workspace, { ...(await filterOf(options)), type: 'statement' })) {
        found += 1;
        latest.push(record);
        if (latest.length > options.lines) latest.shift();
      }
      if (options.json) for (const record of latest) printRecord(terminal, record, options);
      else printRows(terminal, latest.map(statementRow), {});
      if (found > latest.length)
        say(terminal, `These are the latest ${latest.length} of ${found}: --lines ${found} prints all.`);
    });
}

function statementRow(record: TrailRecord): Row {
  const { at, person, client, database, role, outcome, errorCode, rows, text } = record;
  return {
    time: timeCell(Date.parse(at)),
    person: word(person),
    application: word(client),
    database: word(database),
    role: word(role),
    outcome: errorCode === undefined ? word(outcome) : `${word(outcome)} ${word(errorCode)}`,
    rows: word(rows),
    statement: word(text),
  };
}

function word(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function verify(terminal: Terminal): Command {
  return operatorCommand(
    'verify',
    'check that no record was changed, removed or added, and name the first that was',
  )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ grantway audit verify\n')
    .action((options: OperatorOptions) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { verifyTrail } = await import('@grantway/server');
        const verdicts = await verifyTrail(workspace);
        if (options.json) print(terminal, JSON.stringify(verdicts, isoTimes, 2));
        for (const { chain, verdict } of verdicts) {
          if (verdict.outcome === 'intact') {
            say(
              terminal,
              `${chain}: intact, ${counted(verdict.records, 'record')}${removed(verdict.pruned)}`,
            );
            continue;
          }
          const { file, line, sequence } = verdict.at;
          say(terminal, `${chain}: BROKEN at record ${sequence} (${file}:${line}): ${verdict.reason}`);
          terminal.exitWith(exitCodes.failed);
        }
      }),
    );
}

/** As JSON a time is ISO 8601, like everywhere on the command line. */
function isoTimes(key: string, value: unknown): unknown {
  return key === 'at' && typeof value === 'number' ? new Date(value).toISOString() : value;
}

function removed(pruned: { readonly sequence: number; readonly at: number } | undefined): string {
  if (pruned === undefined) return '';
  const day = new Date(pruned.at).toISOString().slice(0, 10);
  return `; records 1 to ${pruned.sequence} were removed because of their age (audit.keep), the last on ${day}`;
}

function exportRecords(terminal: Terminal): Command {
  return withType(withFilters(operatorCommand('export', 'print all records as lines of JSON')))
    .addHelpText('after', '\nExample:\n  $ grantway audit export --since 2026-01-01 > records.jsonl\n')
    .action(async (options: FilterOptions) => {
      const workspace = { config: await readConfig(terminal, options) };
      const { readTrail } = await import('@grantway/server');
      for await (const record of readTrail(workspace, await filterOf(options))) {
        if (!terminal.out.write(`${JSON.stringify(record)}\n`)) await once(terminal.out, 'drain');
      }
    });
}

async function filterOf({ user, client, database, type, text, since, until }: FilterOptions) {
  const { personIdOf } = await import('@grantway/server');
  return {
    ...(user === undefined ? {} : { person: personIdOf(user) }),
    ...(client === undefined ? {} : { client }),
    ...(database === undefined ? {} : { database }),
    ...(type === undefined ? {} : { type }),
    ...(text === undefined ? {} : { text }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
}

function printRecord(terminal: Terminal, record: TrailRecord, options: OperatorOptions): void {
  if (options.json) {
    print(terminal, JSON.stringify(record));
    return;
  }
  const { at, type, sequence: _, hash: __, chain: ___, ...fields } = record;
  const details = Object.entries(fields).map(([name, value]) => `${name}=${plain(readable(name, value))}`);
  // Records hold what strangers wrote: it must not steer the terminal.
  print(terminal, oneLine(`${at}  ${type.padEnd(15)}  ${details.join(' ')}`));
}

/** Times are wall-clock milliseconds in the record. */
function readable(name: string, value: unknown): unknown {
  return name.endsWith('At') && typeof value === 'number' ? new Date(value).toISOString() : value;
}

function plain(value: unknown): string {
  return typeof value === 'string' && /^[\w:@./-]+$/.test(value) ? value : JSON.stringify(value);
}

/** ISO 8601 and nothing else: left alone, JavaScript takes `5` for a day in May 2001. */
const isoTime = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/;

function time(value: string): number {
  const ms = isoTime.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError('It is a time as 2026-01-31 or 2026-01-31T12:00:00Z.');
  return ms;
}

function count(value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new InvalidArgumentError('It is a whole number from 1.');
  return Number(value);
}
