import { deniedCommands, Refusal } from '../../../core/index.ts';
import type { Finding } from '../../role-manager.ts';
import type { CommandCatalog } from './command-catalog.ts';
import type { ManagerConnection } from './connection.ts';
import { sendCommand } from './send-command.ts';

/** The commands that the server's modules brought. */
export async function readModuleCommands(server: ManagerConnection): Promise<ReadonlySet<string>> {
  const info = String(await sendCommand(server, ['INFO', 'modules']));
  const names = [...info.matchAll(/^module:name=([^,\r\n]+)/gm)].map(([, name = '']) => name);
  const lists = await Promise.all(
    names.map(async (name) => await sendCommand(server, ['COMMAND', 'LIST', 'FILTERBY', 'MODULE', name])),
  );
  return new Set(
    lists.flatMap((answer) =>
      Array.isArray(answer) ? answer.map((name) => String(name).toLowerCase()) : [],
    ),
  );
}

/**
 * Commands that Grantway refuses by name and that the server has under another one (`rename-command`): it still lists them
 * by their own, and knows nothing of them when asked. Nothing is found by a manager without `+command|info`.
 */
export async function renamedCommands(
  server: ManagerConnection,
  catalog: CommandCatalog,
): Promise<readonly Finding[]> {
  const refused = [...deniedCommands.keys()].map((name) => name.toLowerCase());
  const there = refused.filter((name) => catalog.named(name) !== undefined);
  const answer = await sendCommand(server, ['COMMAND', 'INFO', ...there]).catch((thrown: unknown) => {
    if (thrown instanceof Refusal) return [];
    throw thrown;
  });
  if (!Array.isArray(answer)) return [];
  return there
    .filter((_, index) => answer[index] === null)
    .map((name) => ({
      severity: 'warning',
      code: 'command_renamed',
      meaning: `the server has ${name} under another name, by which Grantway lets it pass; only the ACL holds it then`,
      mend: `rename-command ${name} …: take it out of the configuration file and restart`,
    }));
}
