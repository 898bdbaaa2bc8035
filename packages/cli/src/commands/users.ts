import type { Invitation } from '@grantway/server';
import { Command } from 'commander';
import { Failure } from '../failure.ts';
import { type OperatorOptions, operatorCommand, withWorkspace } from '../open-workspace.ts';
import { printableTime, printRows, timeCell } from '../print-table.ts';
import { repeatedOption } from '../repeated-option.ts';
import { print, say, type Terminal } from '../terminal.ts';

const done = {
  disable: 'disabled',
  enable: 'enabled',
  'sign-out': 'signed out',
  remove: 'removed',
} as const;

/** `users`: people who signed in or were added. */
export function usersCommand(terminal: Terminal): Command {
  return new Command('users')
    .description('list, add, disable and remove people')
    .addCommand(list(terminal))
    .addCommand(add(terminal))
    .addCommand(invite(terminal))
    .addCommand(reset(terminal))
    .addCommand(resetFactors(terminal))
    .addCommand(change(terminal, 'disable', 'keep somebody out: no sign-in, and everything they hold ends'))
    .addCommand(change(terminal, 'enable', 'let somebody in again'))
    .addCommand(change(terminal, 'sign-out', 'end everything that somebody holds; they may sign in again'))
    .addCommand(change(terminal, 'remove', 'forget somebody'))
    .addHelpText(
      'after',
      '\nExample:\n  $ grantway users invite ada@example.com --group editor\n  $ grantway users disable ada@example.com\n',
    );
}

function list(terminal: Terminal): Command {
  return operatorCommand('list', 'list everybody who is known')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ grantway users list --json\n')
    .action((options: OperatorOptions) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { listPeople } = await import('@grantway/server');
        const rows = (await listPeople(workspace)).map((person) => ({
          id: person.id,
          name: person.displayName,
          groups: person.groups,
          state: person.disabled ? 'disabled' : 'active',
          lastSignIn: timeCell(person.lastSignInAt),
        }));
        printRows(terminal, rows, options);
      }),
    );
}

function add(terminal: Terminal): Command {
  return operatorCommand('add', 'add a local person and print their first secret')
    .argument('<user>', 'their user name, usually the e-mail address')
    .addOption(repeatedOption('--group <name>', 'a group'))
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ grantway users add ada@example.com --group editor\n')
    .action((user: string, options: OperatorOptions & { readonly group: readonly string[] }) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { addPerson } = await import('@grantway/server');
        const added = await addPerson(workspace, user, options.group);
        if (added.outcome === 'exists')
          throw new Failure(`${user} is known already. A new secret: grantway users reset ${user}`);
        printSecret(terminal, added, workspace.config.issuer, options);
      }),
    );
}

function invite(terminal: Terminal): Command {
  return operatorCommand('invite', 'print a link with which a local person, new or known, chooses a password')
    .argument('<user>', 'their user name, usually the e-mail address')
    .addOption(repeatedOption('--group <name>', 'a group of somebody new'))
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nThe link works once, for seven days, until the next one. Somebody who is known loses their password and what they hold.\n\nExample:\n  $ grantway users invite ada@example.com --group editor\n',
    )
    .action((user: string, options: OperatorOptions & { readonly group: readonly string[] }) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { invitePerson } = await import('@grantway/server');
        const invited = await invitePerson(workspace, user, options.group);
        if (invited.outcome !== 'invited') throw new Failure(inviteFailures[invited.outcome](user));
        printInvitation(terminal, invited, options);
      }),
    );
}

const inviteFailures = {
  groups_are_kept: (user: string) =>
    `${user} is known, and keeps the groups that they have. To invite them again, leave --group out.`,
  disabled: (user: string) => `${user} is disabled. First: grantway users enable ${user}`,
  no_local_sign_in: () => 'The config has no signIn.local, so nobody can choose a password here.',
} as const;

function printInvitation(
  terminal: Terminal,
  { id, link, expiresAt }: Invitation,
  options: OperatorOptions,
): void {
  if (options.json) {
    const shown = { id, link: link.reveal(), expiresAt: new Date(expiresAt).toISOString() };
    print(terminal, JSON.stringify(shown, null, 2));
    return;
  }
  say(terminal, `The invitation of ${id}, shown once, for one use until ${printableTime(expiresAt)}:`);
  print(terminal, link.reveal());
  say(terminal, 'Whoever opens it first chooses the password, so send it to them alone.');
}

function reset(terminal: Terminal): Command {
  return operatorCommand('reset', 'give a local person a new first secret and end what they hold')
    .argument('<user>', 'their user name')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ grantway users reset ada@example.com\n')
    .action((user: string, options: OperatorOptions) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { personIdOf, resetSecret } = await import('@grantway/server');
        const done = await resetSecret(workspace, personIdOf(user));
        if (done.outcome === 'not_found') throw nobodyKnown(user);
        if (done.outcome === 'not_local')
          throw new Failure(`${user} signs in elsewhere; there is no secret of theirs here.`);
        printSecret(terminal, done, workspace.config.issuer, options);
        if (done.factorsKept > 0)
          say(
            terminal,
            `They keep their second factors (${done.factorsKept}), and are asked for one. If those are lost or somebody else may hold them: grantway users reset-factors ${user}`,
          );
      }),
    );
}

function resetFactors(terminal: Terminal): Command {
  return operatorCommand('reset-factors', "take somebody's second factors away and end what they hold")
    .argument('<user>', 'their user name, or METHOD:SUBJECT')
    .addHelpText('after', '\nExample:\n  $ grantway users reset-factors ada@example.com\n')
    .action((user: string, options: OperatorOptions) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { personIdOf, resetFactors: forget } = await import('@grantway/server');
        const count = await forget(workspace, personIdOf(user));
        if (count === undefined) throw nobodyKnown(user);
        say(
          terminal,
          count === 0
            ? `${user} had no second factor. What they held has ended all the same.`
            : `${user} has no second factor any more; there ${count === 1 ? 'was 1' : `were ${count}`}.`,
        );
      }),
    );
}

function change(terminal: Terminal, action: keyof typeof done, description: string): Command {
  return operatorCommand(action, description)
    .argument('<user>', 'their user name, or METHOD:SUBJECT')
    .addHelpText('after', `\nExample:\n  $ grantway users ${action} ada@example.com\n`)
    .action((user: string, options: OperatorOptions) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { disablePerson, enablePerson, personIdOf, removePerson, signOutPerson } = await import(
          '@grantway/server'
        );
        const act = {
          disable: disablePerson,
          enable: enablePerson,
          'sign-out': signOutPerson,
          remove: removePerson,
        }[action];
        const id = personIdOf(user);
        if (!(await act(workspace, id))) throw nobodyKnown(user);
        say(terminal, `${user} is ${done[action]}.`);
        if (action === 'remove' && workspace.config.users.some(({ username }) => personIdOf(username) === id))
          say(
            terminal,
            'The config names them, so they come back at the next start: take them out there too.',
          );
      }),
    );
}

function printSecret(
  terminal: Terminal,
  first: { readonly id: string; readonly secret: { reveal(): string }; readonly expiresAt: number },
  issuer: string,
  options: OperatorOptions,
): void {
  const secret = first.secret.reveal();
  const signInAt = new URL('/sign-in', issuer).href;
  if (options.json) {
    print(
      terminal,
      JSON.stringify(
        { id: first.id, secret, expiresAt: new Date(first.expiresAt).toISOString(), signInAt },
        null,
        2,
      ),
    );
    return;
  }
  say(
    terminal,
    `The first secret of ${first.id}, shown once and good until ${printableTime(first.expiresAt)}:`,
  );
  print(terminal, secret);
  say(
    terminal,
    `Sign in with it at ${signInAt} before then; you are asked to choose your own password there.`,
  );
}

function nobodyKnown(user: string): Failure {
  return new Failure(`Nobody called ${user} is known. People are listed by: grantway users list`);
}
