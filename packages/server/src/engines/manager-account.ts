import { type Database, Refusal } from '../core/index.ts';
import { failureInWords } from './framing/index.ts';

/**
 * Opens a connection as the manager account of a database; `node` is the server where there are several.
 * @throws Refusal `request_invalid` when there is no such account, or it cannot connect
 */
export async function openAsManager<Connection>(
  { name, manager }: Database,
  open: (login: string) => Promise<Connection>,
  node?: { readonly host: string; readonly port: number },
): Promise<Connection> {
  if (manager === undefined) {
    throw new Refusal('request_invalid', {
      what: `The database "${name}" has no manager account. Set databases.${name}.manager.`,
    });
  }
  const { login } = manager;
  return await open(login).catch((cause: unknown) => {
    const where = node === undefined ? '' : ` at ${node.host}:${node.port}`;
    throw new Refusal(
      'request_invalid',
      {
        what: `The manager account "${login}" cannot connect to "${name}"${where}: ${failureInWords(cause)}`,
      },
      cause,
    );
  });
}
