import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TrailRecord } from '@grantway/server';
import { Command, InvalidArgumentError } from 'commander';
import { exitCodes } from '../failure.ts';
import { type OperatorOptions, operatorCommand, readConfig, withWorkspace } from '../open-workspace.ts';
import { oneLine } from '../print-table.ts';
import { print, say, type Terminal } from '../terminal.ts';

/** How often `tail --follow` looks for new records, in milliseconds. */
const lookMs = 500;

/** `audit`: what happened, from the files that the gateway and these commands write. */
export function auditCommand(terminal: Terminal): Command {
  return new Command('audit')
    .description('read, verify and export the audit records')
    .addCommand(tail(terminal))
    .addCommand(verify(terminal))
    .addCommand(exportRecords(terminal))
    .addHelpText('after', '\nExample:\n  $ grantway audit tail --follow\n  $ grantway audit verify\n');
}

interface FilterOptions extends OperatorOptions {
  readonly user?: string;
  readonly database?: string;
  readonly type?: string;
  readonly since?: number;
}

function withFilters(command: Command): Command {
  return command
    .option('--user <user>', 'of this person only')
    .option('--database <name>', 'about this database only')
    .option('--type <type>', 'of this type only: sign_in, consent, session_started, statement, admin …')
    .option('--since <time>', 'from this time on, as 2026-01-31 or 2026-01-31T12:00:00Z', time);
}

function tail(terminal: Terminal): Command {
  return withFilters(operatorCommand('tail', 'print the latest records, oldest first'))
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
      if (!options.follow) return;
      const wait = () => sleep(lookMs);
      for await (const record of followTrail(workspace, filter, seen, wait))
        printRecord(terminal, record, options);
    });
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
        if (options.json) print(terminal, JSON.stringify(verdicts, null, 2));
        for (const { chain, verdict } of verdicts) {
          if (verdict.outcome === 'intact') {
            say(terminal, `${chain}: intact, ${verdict.records} records${removed(verdict.pruned)}`);
            continue;
          }
          const { file, line, sequence } = verdict.at;
          say(terminal, `${chain}: BROKEN at record ${sequence} (${file}:${line}): ${verdict.reason}`);
          terminal.exitWith(exitCodes.failed);
        }
      }),
    );
}

function removed(pruned: { readonly sequence: number; readonly at: number } | undefined): string {
  if (pruned === undefined) return '';
  const day = new Date(pruned.at).toISOString().slice(0, 10);
  return `; records 1 to ${pruned.sequence} were removed because of their age (audit.keep), the last on ${day}`;
}

function exportRecords(terminal: Terminal): Command {
  return withFilters(operatorCommand('export', 'print all records as lines of JSON'))
    .addHelpText('after', '\nExample:\n  $ grantway audit export --since 2026-01-01 > records.jsonl\n')
    .action(async (options: FilterOptions) => {
      const workspace = { config: await readConfig(terminal, options) };
      const { readTrail } = await import('@grantway/server');
      for await (const record of readTrail(workspace, await filterOf(options))) {
        if (!terminal.out.write(`${JSON.stringify(record)}\n`)) await once(terminal.out, 'drain');
      }
    });
}

async function filterOf({ user, database, type, since }: FilterOptions) {
  const { personIdOf } = await import('@grantway/server');
  return {
    ...(user === undefined ? {} : { person: personIdOf(user) }),
    ...(database === undefined ? {} : { database }),
    ...(type === undefined ? {} : { type }),
    ...(since === undefined ? {} : { since }),
  };
}

function printRecord(terminal: Terminal, record: TrailRecord, options: OperatorOptions): void {
  if (options.json) {
    print(terminal, JSON.stringify(record));
    return;
  }
  const { at, type, sequence: _, hash: __, chain: ___, ...fields } = record;
  const details = Object.entries(fields).map(([name, value]) => `${name}=${plain(value)}`);
  // Records hold what strangers wrote: it must not steer the terminal.
  print(terminal, oneLine(`${at}  ${type.padEnd(15)}  ${details.join(' ')}`));
}

function plain(value: unknown): string {
  return typeof value === 'string' && /^[\w:@./-]+$/.test(value) ? value : JSON.stringify(value);
}

function time(value: string): number {
  const ms = Date.parse(value);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('It is a time as 2026-01-31 or 2026-01-31T12:00:00Z.');
  return ms;
}

function count(value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new InvalidArgumentError('It is a whole number from 1.');
  return Number(value);
}
