import { createHash } from 'node:crypto';
import { type Database, Refusal, type Role, type Secret, type SecretSource } from '../../../core/index.ts';
import { passwordNotTried } from '../../password-not-tried.ts';
import type { PlannedStatement, RoleManager } from '../../role-manager.ts';
import type { NodeAddress } from '../driver-connection.ts';
import { checkRights } from './check-rights.ts';
import { connectAs, type ManagerConnection } from './connection.ts';
import { examineServer } from './examine-server.ts';
import { checkReplication, defaultUser, planLock } from './lock-default.ts';
import { loginName } from './login-name.ts';
import { firstOf, watchedBySentinels, withManager } from './nodes.ts';
import { planFindings } from './plan-findings.ts';
import { planUser } from './plan-user.ts';
import { saveUsers } from './save-users.ts';
import { sendCommand } from './send-command.ts';
import { readServer, readSettings } from './server-state.ts';
import { plannedStatement, type Step } from './step.ts';
import { type WantedUser, wantedUsers } from './wanted-users.ts';

/**
 * Managed roles on Redis 7 and Valkey 8 and newer as ACL users, on every server of a cluster and every replica, through
 * a manager account (see `docs/redis.md` for what it needs). Behind Sentinels the servers are those that they watch, and
 * `secrets` has the password of their account.
 *
 * Every method throws Refusal `request_invalid` when the configuration or the manager account is at fault, and
 * `command_failed` when a server refused a command; its sentence then names the command.
 */
export function createRedisRoleManager(secrets: SecretSource): RoleManager {
  return {
    plan: async (database, password) => {
      const wanted = wantedUsers(database);
      return await withManager({ database, password, secrets }, async (servers) => {
        const plans = await Promise.all(servers.map((server) => planServer(server, database, wanted)));
        return plans.flatMap(({ server, changes, saving, findings }) =>
          [...changes, ...(changes.length > 0 ? saving : []), ...findings].map((step) =>
            planned(server, servers, step),
          ),
        );
      });
    },

    apply: async (database, password) => {
      const wanted = wantedUsers(database);
      return await withManager({ database, password, secrets }, async (servers) => {
        // Every server is asked before the first is changed: what one of them refuses must not leave them apart.
        const plans = await Promise.all(servers.map((server) => planServer(server, database, wanted)));
        const done: PlannedStatement[] = [];
        for (const { server, changes, saving } of plans) {
          for (const step of changes) {
            await sendCommand(server, step.words);
            done.push(planned(server, servers, step));
          }
          // Also without a change: an apply that was killed before this line left users that a restart forgets.
          for (const step of saving) {
            await sendCommand(server, step.words);
            if (changes.length > 0) done.push(planned(server, servers, step));
          }
        }
        return done;
      });
    },

    passwordStatement: ({ login }) => `ACL SETUSER ${loginName(login)} resetpass #…`,

    setPassword: async (database, manager, role, password) => {
      const digest = createHash('sha256').update(password.reveal()).digest('hex');
      // The clear password never travels in a command, and the server keeps the same hash.
      const setUser = ['ACL', 'SETUSER', loginName(role.login)] as const;
      await withManager({ database, password: manager, secrets }, async (servers) => {
        // Every server takes the new one beside the old one before the first forgets the old one. The first server is
        // last: `accepts` asks it, and what it takes is then good on all of them, wherever this is broken off.
        const [first, ...others] = servers;
        for (const server of first === undefined || others.length === 0 ? [] : [...others, first]) {
          await sendCommand(server, [...setUser, `#${digest}`]);
        }
        for (const server of servers) {
          await sendCommand(server, [...setUser, 'resetpass', `#${digest}`]);
          for (const step of saveUsers(await readSettings(server))) await sendCommand(server, step.words);
        }
      });
    },

    accepts: (database, role, password) => acceptsPassword(database, role, password, secrets),

    lockDefault: async (database, password, how) => {
      if (database.manager?.login === defaultUser) {
        throw new Refusal('request_invalid', {
          what: `The manager of "${database.name}" is ${defaultUser} itself. Give it an account of its own first.`,
        });
      }
      // That the manager can sign in by itself is seen on every server before the first one is locked.
      return await withManager({ database, password, secrets }, async (servers) => {
        await checkReplication(servers);
        const plans = await Promise.all(
          servers.map(async (server) => ({ server, steps: planLock(await readServer(server)) })),
        );
        const done: PlannedStatement[] = [];
        for (const { server, steps } of plans) {
          for (const step of steps) {
            if (how === 'apply') await sendCommand(server, step.words);
            done.push(planned(server, servers, step));
          }
        }
        return done;
      });
    },

    examine: async (database, password) =>
      await withManager({ database, password, secrets }, async (servers) => {
        const found = await Promise.all(
          servers.map(async (server) =>
            (await examineServer(server, database)).map((finding) => ({
              ...finding,
              meaning: at(server, servers, finding.meaning),
            })),
          ),
        );
        return found.flat();
      }),
  };
}

interface ServerPlan {
  readonly server: ManagerConnection;
  readonly changes: readonly Step[];
  readonly saving: readonly Step[];
  readonly findings: readonly Step[];
}

async function planServer(
  server: ManagerConnection,
  database: Database,
  wanted: readonly WantedUser[],
): Promise<ServerPlan> {
  const state = await readServer(server);
  for (const user of wanted) checkRights(user, state.catalog);
  const ours = new Set([...wanted.map(({ login }) => login), database.manager?.login ?? '']);
  return {
    server,
    changes: wanted.flatMap((user) => planUser(user, state, databaseNumber(database))),
    saving: saveUsers(state.settings),
    findings: planFindings(state, ours),
  };
}

/** With several servers each step and finding says where. */
function at({ node }: ManagerConnection, servers: readonly ManagerConnection[], clause: string): string {
  return servers.length === 1 ? clause : `${node.host}:${node.port}: ${clause}`;
}

function planned(
  server: ManagerConnection,
  servers: readonly ManagerConnection[],
  step: Step,
): PlannedStatement {
  return plannedStatement({ ...step, because: at(server, servers, step.because) });
}

/** The number of the database that sessions are in; an entry without one is in 0. */
function databaseNumber({ upstreamName }: Database): number {
  return /^\d+$/.test(upstreamName) ? Number(upstreamName) : 0;
}

async function acceptsPassword(
  database: Database,
  role: Role,
  password: Secret,
  secrets: SecretSource,
): Promise<boolean> {
  const places =
    database.sentinels === undefined
      ? (database.cluster ?? [database])
      : (await watchedBySentinels(database, secrets)).slice(0, 1);
  try {
    return await firstOf(places, async (place) => await takesPassword(database, place, role, password));
  } catch (cause) {
    throw passwordNotTried(database, role, cause);
  }
}

/** @throws the server's own error when it says neither yes nor no */
async function takesPassword(
  database: Database,
  place: NodeAddress,
  { login }: Role,
  password: Secret,
): Promise<boolean> {
  try {
    (await connectAs(database, place, login, password)).disconnect();
    return true;
  } catch (cause) {
    // Only "wrong password" is a no. A full server or a network fault says nothing about it.
    if (cause instanceof Error && cause.message.startsWith('WRONGPASS')) return false;
    throw cause;
  }
}
