import { Refusal } from '../../../core/index.ts';
import type { ManagerConnection } from './connection.ts';
import { saveUsers } from './save-users.ts';
import { sendCommand } from './send-command.ts';
import type { ServerState } from './server-state.ts';
import type { Step } from './step.ts';

/** The user of every connection that names none. */
export const defaultUser = 'default';

/** The steps that let nobody in as `default` any more; none when nobody gets in. Connections that are in stay. */
export function planLock({ users, settings }: Pick<ServerState, 'users' | 'settings'>): readonly Step[] {
  const found = users.get(defaultUser);
  if (found === undefined || (!found.enabled && !found.takesAnyPassword)) return [];
  // Off alone would leave a user that whoever switches it on opens to everybody.
  const words = found.takesAnyPassword ? ['off', 'resetpass'] : ['off'];
  const because = `login ${defaultUser} is open to ${found.takesAnyPassword ? 'everybody' : 'who knows its password'}`;
  return [{ words: ['ACL', 'SETUSER', defaultUser, ...words], because }, ...saveUsers(settings)];
}

/**
 * Refuses a lock that would end replication: a server without `masteruser` signs in at its primary as `default`.
 * @throws Refusal `request_invalid`
 */
export async function checkReplication(servers: readonly ManagerConnection[]): Promise<void> {
  if (servers.length === 1) return;
  for (const server of servers) {
    const [, user] = Array.from(
      (await sendCommand(server, ['CONFIG', 'GET', 'masteruser'])) as Iterable<string>,
    );
    if (user !== undefined && user !== '') continue;
    const { host, port } = server.node;
    throw new Refusal('request_invalid', {
      what: `${host}:${port} signs in at its primary as ${defaultUser}, so that locking it would end replication. Set masteruser and masterauth there first.`,
    });
  }
}
