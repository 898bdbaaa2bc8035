import { Command, CommanderError } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import {
  auditCommand,
  checkCommand,
  clientsCommand,
  connectCommand,
  consentsCommand,
  demoCommand,
  doctorCommand,
  explainCommand,
  keysCommand,
  loginCommand,
  logoutCommand,
  proxyCommand,
  queryCommand,
  rolesCommand,
  serveCommand,
  sessionsCommand,
  tokenCommand,
  usersCommand,
} from './commands/index.ts';
import { exitCodes } from './failure.ts';
import { fitRuntime } from './fit-runtime.ts';
import { helpAsOption } from './help-as-option.ts';
import { say, type Terminal } from './terminal.ts';

/** Every command, in the order of the help. Each is one file. */
const groups: readonly {
  readonly title: string;
  readonly commands: readonly ((terminal: Terminal) => Command)[];
}[] = [
  { title: 'Try it:', commands: [demoCommand] },
  {
    title: 'Reach a database:',
    commands: [loginCommand, connectCommand, proxyCommand, queryCommand, tokenCommand, logoutCommand],
  },
  { title: 'Run a gateway:', commands: [serveCommand, checkCommand, keysCommand, auditCommand] },
  {
    title: 'Administer access:',
    commands: [
      usersCommand,
      clientsCommand,
      consentsCommand,
      sessionsCommand,
      rolesCommand,
      explainCommand,
      doctorCommand,
    ],
  },
];

/** Runs one command line (without `node` and the program's name) and gives its exit code. Never rejects. */
export async function run(argv: readonly string[], terminal: Omit<Terminal, 'exitWith'>): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const withExit: Terminal = {
    ...terminal,
    exitWith: (code) => {
      exitCode = code;
    },
  };
  try {
    const root = program(withExit);
    await root.parseAsync(helpAsOption(root, argv), { from: 'user' });
    return exitCode;
  } catch (thrown) {
    return report(thrown, withExit);
  }
}

/** Runs this process's own command line; what `bin/grantway` calls. */
export async function runAsProgram(): Promise<void> {
  if (process.argv[2] === 'serve') fitRuntime();
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    // A reader that closes the pipe (`| head`) has seen enough. A full disk has not got all of it.
    if (code === 'EPIPE') process.exit(exitCodes.ok);
    process.stderr.write(`grantway: Not everything could be written to standard output: ${code}.\n`);
    process.exit(exitCodes.failed);
  });
  process.exitCode = await run(process.argv.slice(2), {
    out: process.stdout,
    err: process.stderr,
    env: process.env,
    interactive: process.stdout.isTTY === true,
  });
}

function program(terminal: Terminal): Command {
  const root = new Command('grantway')
    .description(
      'OAuth for databases: sign in, agree, and use the token as the password of any stock client.',
    )
    .version(packageJson.version)
    .addHelpText('after', '\nExit codes: 0 done, 1 refused or failed, 2 wrong command line.\n')
    .enablePositionalOptions();
  for (const { title, commands } of groups) {
    root.commandsGroup(title);
    for (const make of commands) root.addCommand(make(terminal));
  }
  route(root, terminal);
  return root;
}

/**
 * Commander exits the process and writes to its own streams unless every command is told not to. A wrong command line is
 * told as every other failure is, with where to read on.
 */
function route(command: Command, terminal: Terminal, path = command.name()): void {
  command
    .exitOverride()
    // Names alone: with their arguments beside them a terminal of 80 columns has no room for what they do.
    .configureHelp({ subcommandTerm: (listed) => listed.name() })
    .showHelpAfterError(`How to write it: ${path} --help`)
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'grantway: ')),
    });
  for (const child of command.commands) route(child, terminal, `${path} ${child.name()}`);
}

function report(thrown: unknown, terminal: Terminal): number {
  // Commander has written its message (or the help that was asked for) already.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (isDefect(thrown)) {
    say(terminal, `grantway: this is a defect, please report it.\n${inspectable(thrown)}`);
  } else {
    say(terminal, `grantway: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
  return exitCodes.failed;
}

/** Everything that is thrown on purpose carries a sentence for the person; these come from code that is wrong. */
function isDefect(thrown: unknown): boolean {
  return (
    thrown instanceof TypeError ||
    thrown instanceof RangeError ||
    thrown instanceof ReferenceError ||
    thrown instanceof SyntaxError
  );
}

function inspectable(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

if (import.meta.main) await runAsProgram();
