import { Command, InvalidArgumentError } from 'commander';
import { Failure } from '../failure.ts';
import { type OperatorOptions, operatorCommand, withWorkspace } from '../open-workspace.ts';
import { printRows, timeCell } from '../print-table.ts';
import { repeatedOption } from '../repeated-option.ts';
import { print, say, type Terminal } from '../terminal.ts';

/** `clients`: OAuth clients, the applications that people let in. */
export function clientsCommand(terminal: Terminal): Command {
  return new Command('clients')
    .description('list, add, approve, rotate, disable and remove applications')
    .addCommand(list(terminal))
    .addCommand(add(terminal))
    .addCommand(approve(terminal))
    .addCommand(errors(terminal))
    .addCommand(rotate(terminal))
    .addCommand(change(terminal, 'disable', 'stop an application: everything that it was let do ends'))
    .addCommand(change(terminal, 'enable', 'let an application work again'))
    .addCommand(remove(terminal))
    .addHelpText(
      'after',
      "\nExample:\n  $ grantway clients add 'Acme BI' --redirect-uri https://bi.acme.example/callback --scope db:authdb:readonly\n",
    );
}

function list(terminal: Terminal): Command {
  return operatorCommand('list', 'list all applications')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ grantway clients list\n')
    .action((options: OperatorOptions) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { listClients } = await import('@grantway/server');
        const rows = (await listClients(workspace)).map((client) => ({
          id: client.id,
          name: String(client.metadata.client_name ?? ''),
          registeredBy: client.origin,
          state: client.disabled ? 'disabled' : client.waiting ? 'waits for approval' : 'active',
        }));
        printRows(terminal, rows, options);
      }),
    );
}

interface AddOptions extends OperatorOptions {
  readonly redirectUri: readonly string[];
  readonly scope: readonly string[];
  readonly public?: true;
  readonly service?: true;
}

function add(terminal: Terminal): Command {
  return operatorCommand('add', 'register an application and print its id and secret')
    .argument('<name>', 'the name that people see on the consent page')
    .addOption(repeatedOption('--redirect-uri <uri>', 'where the browser may come back to, exactly'))
    .addOption(repeatedOption('--scope <scope>', 'what it may ask for, as db:DATABASE[:ROLE]', 'anything'))
    .option('--public', 'it cannot keep a secret (a program on people’s machines)')
    .option('--service', 'it acts for itself, without a person (client credentials)')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      "\nExample:\n  $ grantway clients add 'Nightly report' --service --scope db:authdb:readonly\n",
    )
    .action((name: string, options: AddOptions) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { addClient } = await import('@grantway/server');
        const { clientId, secret } = await addClient(workspace, {
          name,
          redirectUris: options.redirectUri,
          scopes: options.scope,
          grantTypes: options.service ? ['client_credentials'] : ['authorization_code', 'refresh_token'],
          confidential: options.public !== true,
        });
        printClient(
          terminal,
          { id: clientId, ...(secret === undefined ? {} : { secret: secret.reveal() }) },
          options,
        );
      }),
    );
}

function approve(terminal: Terminal): Command {
  return operatorCommand('approve', 'let an application that registered itself work for everybody')
    .argument('<id>', 'the client id')
    .addHelpText('after', '\nExample:\n  $ grantway clients approve 3f6c…\n')
    .action((id: string, options: OperatorOptions) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { approveClient } = await import('@grantway/server');
        if (!(await approveClient(workspace, id)))
          throw new Failure(
            `There is nothing to approve under ${id}. What waits is listed by: grantway clients list`,
          );
        say(terminal, `${id} is approved.`);
      }),
    );
}

function errors(terminal: Terminal): Command {
  return operatorCommand('errors', 'show what went wrong for an application lately, in words')
    .argument('<id>', 'the client id')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ grantway clients errors acme-bi\n')
    .action((id: string, options: OperatorOptions) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { clientErrors } = await import('@grantway/server');
        const found = await clientErrors(workspace, id);
        if (found === undefined)
          throw new Failure(`There is no application ${id}. They are listed by: grantway clients list`);
        const rows = found.map(({ lastAt, times, error, sentence }) => ({
          last: timeCell(lastAt),
          times,
          error,
          what: sentence,
        }));
        printRows(terminal, rows, options);
      }),
    );
}

function rotate(terminal: Terminal): Command {
  return operatorCommand('rotate', 'give an application a new secret; the old one works a while longer')
    .argument('<id>', 'the client id')
    .option('--overlap <hours>', 'how long the old secret still works', hours, 24)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ grantway clients rotate 3f6c… --overlap 48\n')
    .action((id: string, options: OperatorOptions & { readonly overlap: number }) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { rotateClientSecret } = await import('@grantway/server');
        const secret = await rotateClientSecret(workspace, id, options.overlap * 3_600_000);
        printClient(terminal, { id, secret: secret.reveal() }, options);
      }),
    );
}

function change(terminal: Terminal, action: 'disable' | 'enable', description: string): Command {
  return operatorCommand(action, description)
    .argument('<id>', 'the client id')
    .addHelpText('after', `\nExample:\n  $ grantway clients ${action} acme-bi\n`)
    .action((id: string, options: OperatorOptions) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { disableClient, enableClient } = await import('@grantway/server');
        const done = await { disable: disableClient, enable: enableClient }[action](workspace, id);
        if (!done)
          throw new Failure(`There is no application ${id}. They are listed by: grantway clients list`);
        say(terminal, `${id} is ${action}d.`);
      }),
    );
}

function remove(terminal: Terminal): Command {
  return operatorCommand('remove', 'forget an application')
    .argument('<id>', 'the client id')
    .addHelpText('after', '\nExample:\n  $ grantway clients remove 3f6c…\n')
    .action((id: string, options: OperatorOptions) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { removeClient } = await import('@grantway/server');
        const outcome = await removeClient(workspace, id);
        if (outcome === 'not_found')
          throw new Failure(`There is no application ${id}. They are listed by: grantway clients list`);
        if (outcome === 'kept_by_config') {
          throw new Failure(
            `${id} would come back at the next start. Take it out of the config, or disable it.`,
          );
        }
        say(terminal, `${id} is removed.`);
      }),
    );
}

function printClient(
  terminal: Terminal,
  client: { readonly id: string; readonly secret?: string },
  options: OperatorOptions,
): void {
  if (options.json) {
    print(terminal, JSON.stringify(client, null, 2));
    return;
  }
  print(terminal, `client id      ${client.id}`);
  if (client.secret === undefined) return;
  print(terminal, `client secret  ${client.secret}`);
  say(terminal, 'The secret is shown this once.');
}

function hours(value: string): number {
  if (!/^\d{1,4}$/.test(value)) throw new InvalidArgumentError('It is a whole number of hours.');
  return Number(value);
}
