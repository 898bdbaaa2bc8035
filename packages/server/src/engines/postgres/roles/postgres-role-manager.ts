import pg from 'pg';
import type { Database, Role, Secret } from '../../../core/index.ts';
import { passwordNotTried } from '../../password-not-tried.ts';
import { findingByHand, type PlannedStatement, type RoleManager } from '../../role-manager.ts';
import { applyInRounds, statementFailed } from './apply-in-rounds.ts';
import { beginAlone } from './begin-alone.ts';
import { readCatalog } from './catalog-state.ts';
import { connectAs, type ManagerConnection, withManager } from './connection.ts';
import { examineServer } from './examine-server.ts';
import { roleName } from './identifier.ts';
import { planOwnSettings, readOwnSettings } from './own-settings.ts';
import { planRoles } from './plan-roles.ts';
import { scramVerifier } from './scram-verifier.ts';
import { tablesOutOfReach } from './tables-out-of-reach.ts';
import { groupsOf, type WantedRole, wantedRoles } from './wanted-roles.ts';

/**
 * Managed roles on PostgreSQL 15 and newer, through a manager account that is no superuser (see `docs/managed-roles.md`
 * for what it needs).
 *
 * Every method throws Refusal `request_invalid` when the configuration or the manager account is at fault, and
 * `statement_failed` when the server refused a statement; its sentence then names the statement.
 */
export const postgresRoleManager: RoleManager = {
  plan: async (database, password) => {
    const wanted = wantedRoles(database);
    return await withManager(database, password, async (manager) => {
      await manager.client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
      return await makePlan(manager, wanted);
    });
  },

  apply: async (database, password) => {
    const wanted = wantedRoles(database);
    return await withManager(database, password, async (manager) => {
      await beginAlone(manager);
      const done = await applyInRounds(
        () => makePlan(manager, wanted),
        (sql) => runOne(manager, sql),
      );
      await manager.client.query('COMMIT');
      return done;
    });
  },

  examine: async (database, password) =>
    await withManager(database, password, async ({ client }) => [
      ...(await examineServer(client, database)),
      ...(await tablesOutOfReach(client, wantedRoles(database))),
    ]),

  setPassword: async (database, manager, role, password) => {
    const verifier = await scramVerifier(password);
    const login = pg.escapeIdentifier(roleName(role.login));
    await withManager(database, manager, async ({ client }) => {
      await client
        .query(`ALTER ROLE ${login} PASSWORD ${pg.escapeLiteral(verifier)}`)
        .catch((cause: unknown) => {
          throw statementFailed(passwordStatement(role), cause);
        });
    });
  },

  passwordStatement,

  accepts: acceptsPassword,

  ownChanges: {
    takeBackSettings: async (database, password, announce) => {
      const logins = wantedRoles(database).map(({ login }) => login);
      return await withManager(database, password, async (manager) => {
        const plan = async () =>
          planOwnSettings(await readOwnSettings(manager.client, logins)).filter(
            ({ byHand }) => byHand !== true,
          );
        if ((await plan()).length === 0) return [];
        await beginAlone(manager);
        const planned = await plan();
        if (planned.length > 0) await announce(planned);
        for (const { sql } of planned) {
          await runOne(manager, sql).catch((cause: unknown) => {
            throw statementFailed(sql, cause);
          });
        }
        await manager.client.query('COMMIT');
        return planned;
      });
    },
  },
};

async function makePlan(
  manager: ManagerConnection,
  wanted: readonly WantedRole[],
): Promise<readonly PlannedStatement[]> {
  const names = [...groupsOf(wanted), ...wanted.map(({ login }) => login)];
  const found = await readCatalog(manager, names);
  return [
    ...planRoles(wanted, found, { manager: manager.login, serverVersion: manager.serverVersion }),
    ...(await tablesOutOfReach(manager.client, wanted)).map(findingByHand),
  ];
}

/** The extended protocol takes exactly one statement, whatever the text holds. */
async function runOne({ client }: ManagerConnection, text: string): Promise<void> {
  const single: pg.QueryConfig & { queryMode: 'extended' } = { text, queryMode: 'extended' };
  await client.query(single);
}

async function acceptsPassword(database: Database, role: Role, password: Secret): Promise<boolean> {
  try {
    const client = await connectAs(database, role.login, password);
    await client.end();
    return true;
  } catch (cause) {
    // Only "wrong password" is a no. A full server, a network fault or a missing access line says nothing about it.
    if (cause instanceof pg.DatabaseError && cause.code === '28P01') return false;
    throw passwordNotTried(database, role, cause);
  }
}

function passwordStatement({ login }: Role): string {
  return `ALTER ROLE ${pg.escapeIdentifier(roleName(login))} PASSWORD …`;
}
