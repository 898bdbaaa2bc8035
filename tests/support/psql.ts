import { spawn } from 'node:child_process';
import type { TestGateway } from './gateway.ts';

/** How a program ended. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `psql` is told besides the statement. */
export interface PsqlOptions {
  readonly token: string;
  /** The user name on the wire; a hint. */
  readonly user?: string;
  readonly database?: string;
  /** More environment, for example `PGSSLMODE` or `PGOPTIONS`. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs statements with the stock client through the gateway's door; rows come unaligned, one a line. */
export async function psql(
  gateway: Pick<TestGateway, 'port'>,
  options: PsqlOptions,
  ...statements: readonly string[]
): Promise<ProgramEnd> {
  const commands = statements.flatMap((statement) => ['--command', statement]);
  return await runProgram(
    'psql',
    ['--no-psqlrc', '--no-align', '--tuples-only', ...commands],
    psqlEnvironment(gateway, options),
  );
}

/** The environment that leads libpq to the gateway. */
export function psqlEnvironment(gateway: Pick<TestGateway, 'port'>, options: PsqlOptions): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    PGHOST: '127.0.0.1',
    PGPORT: String(gateway.port),
    PGDATABASE: options.database ?? 'authdb',
    PGUSER: options.user ?? 'me',
    PGPASSWORD: options.token,
    PGCONNECT_TIMEOUT: '10',
    ...options.env,
  };
}

/** Runs a program to its end, at most 30 seconds. */
export async function runProgram(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<ProgramEnd> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout: stdout.trim(), stderr: stderr.trim() }));
  });
}
