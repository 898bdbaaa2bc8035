import { type Database, Refusal } from '../core/index.ts';
import type { Workspace } from './workspace.ts';

/**
 * The database that an operator named. Whoever has the config may know what else is in it, so the refusal lists that.
 * @throws Refusal `request_invalid`
 */
export function configuredDatabase({ config }: Pick<Workspace, 'config'>, name: string): Database {
  const database = config.databases.get(name);
  if (database !== undefined) return database;
  throw new Refusal('request_invalid', {
    what: `The config has no database "${name}". It has: ${[...config.databases.keys()].join(', ')}.`,
  });
}
