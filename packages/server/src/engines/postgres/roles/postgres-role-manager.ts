import pg from 'pg';
import { type Database, Refusal, type Role, type Secret } from '../../../core/index.ts';
import { findingByHand, type PlannedStatement, type RoleManager } from '../../role-manager.ts';
import { readCatalog } from './catalog-state.ts';
import { connectAs, type ManagerConnection, withManager } from './connection.ts';
import { examineServer } from './examine-server.ts';
import { roleName } from './identifier.ts';
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
      return [...(await makePlan(manager, wanted)), ...(await leftToAdministrator(manager, wanted))];
    });
  },

  apply: async (database, password) => {
    const wanted = wantedRoles(database);
    return await withManager(database, password, async (manager) => {
      await manager.client.query('BEGIN');
      // Two that apply at once would both find the same roles missing.
      await manager.client.query(`SELECT pg_advisory_xact_lock(hashtextextended('grantway roles apply', 0))`);
      const done = await applyPlan(manager, wanted);
      await manager.client.query('COMMIT');
      return [...done, ...(await leftToAdministrator(manager, wanted))];
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
};

async function leftToAdministrator({ client }: ManagerConnection, wanted: readonly WantedRole[]) {
  return (await tablesOutOfReach(client, wanted)).map(findingByHand);
}

async function makePlan(
  manager: ManagerConnection,
  wanted: readonly WantedRole[],
): Promise<readonly PlannedStatement[]> {
  const names = [...groupsOf(wanted), ...wanted.map(({ login }) => login)];
  const found = await readCatalog(manager, names);
  return planRoles(wanted, found, { manager: manager.login, serverVersion: manager.serverVersion });
}

/**
 * Runs plans until nothing is left. A second round is needed when the first one gave the manager rights on objects that
 * it could not see before. What is left after that is beyond the manager, and then nothing of it all is kept.
 */
async function applyPlan(
  manager: ManagerConnection,
  wanted: readonly WantedRole[],
): Promise<readonly PlannedStatement[]> {
  const done: PlannedStatement[] = [];
  let plan = await makePlan(manager, wanted);
  for (let round = 1; plan.length > 0 && round <= 3; round++) {
    for (const statement of plan) {
      // The extended protocol takes exactly one statement, whatever the text holds.
      const single: pg.QueryConfig & { queryMode: 'extended' } = {
        text: statement.sql,
        queryMode: 'extended',
      };
      await manager.client.query(single).catch((cause: unknown) => {
        throw statementFailed(statement.sql, cause);
      });
      done.push(statement);
    }
    plan = await makePlan(manager, wanted);
  }
  const [left] = plan;
  if (left !== undefined) {
    throw new Refusal('request_invalid', {
      what: `The manager account cannot change this, so nothing was changed: ${left.because}. As an administrator run: ${left.sql}`,
    });
  }
  return done;
}

async function acceptsPassword(database: Database, role: Role, password: Secret): Promise<boolean> {
  try {
    const client = await connectAs(database, role.login, password);
    await client.end();
    return true;
  } catch (cause) {
    // Only "wrong password" is a no. A full server, a network fault or a missing access line says nothing about it.
    if (cause instanceof pg.DatabaseError && cause.code === '28P01') return false;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Refusal(
      'request_invalid',
      {
        what: `Whether "${database.name}" accepts the password of "${role.login}" could not be tried: ${reason}`,
      },
      cause,
    );
  }
}

function statementFailed(sql: string, cause: unknown): Refusal {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const sqlstate = cause instanceof pg.DatabaseError ? (cause.code ?? 'XX000') : 'XX000';
  return new Refusal('statement_failed', { message: `${reason} (${sql})`, sqlstate }, cause);
}

function passwordStatement({ login }: Role): string {
  return `ALTER ROLE ${pg.escapeIdentifier(roleName(login))} PASSWORD …`;
}
