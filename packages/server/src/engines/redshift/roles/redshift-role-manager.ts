import pg from 'pg';
import { Refusal, type Role } from '../../../core/index.ts';
import { applyInRounds, statementFailed, takesClearText } from '../../postgres/roles/index.ts';
import type { PlannedStatement, RoleManager } from '../../role-manager.ts';
import { examineServer } from './examine-server.ts';
import { connectAs, withManager } from './manager-connection.ts';
import { planRoles } from './plan-roles.ts';
import { readState } from './read-state.ts';
import { sha256Verifier } from './sha256-verifier.ts';
import { type WantedRole, wantedRoles } from './wanted-roles.ts';

/**
 * Managed roles on Redshift, through a manager account that is no superuser (`docs/redshift.md` says what it needs).
 *
 * Every method throws Refusal `request_invalid` when the configuration or the manager account is at fault, and
 * `statement_failed` when the server refused a statement; its sentence then names the statement.
 */
export const redshiftRoleManager: RoleManager = {
  plan: async (database, password) => {
    const wanted = wantedRoles(database);
    return await withManager(database, password, async (client) =>
      planRoles(wanted, await readState(client)),
    );
  },

  apply: async (database, password) => {
    const wanted = wantedRoles(database);
    return await withManager(database, password, async (client) => {
      await client.query('BEGIN');
      const done = await applyInRounds(
        () => makePlan(client, wanted),
        (sql) => client.query(sql),
      );
      await client.query('COMMIT');
      return done;
    });
  },

  passwordStatement,

  setPassword: async (database, manager, role, password) => {
    const login = pg.escapeIdentifier(role.login);
    await withManager(database, manager, async (client) => {
      await client
        .query(`ALTER USER ${login} PASSWORD ${pg.escapeLiteral(sha256Verifier(password))}`)
        .catch((cause: unknown) => {
          throw statementFailed(passwordStatement(role), cause);
        });
    });
  },

  examine: async (database, password) =>
    await withManager(database, password, async (client) => {
      const state = await readState(client);
      return examineServer(database, state, await takesClearText(database, state.manager));
    }),

  accepts: async (database, role, password) => {
    try {
      const client = await connectAs(database, role.login, password);
      await client.end();
      return true;
    } catch (thrown) {
      // Only "wrong password" is a no: a network fault or a full server says nothing about it.
      if (thrown instanceof Refusal && /password authentication failed/.test(String(thrown.cause)))
        return false;
      throw thrown;
    }
  },
};

/** What the manager can change; the rest is for an administrator. */
async function makePlan(
  client: pg.Client,
  wanted: readonly WantedRole[],
): Promise<readonly PlannedStatement[]> {
  return planRoles(wanted, await readState(client)).filter(({ byHand }) => byHand !== true);
}

function passwordStatement({ login }: Role): string {
  return `ALTER USER ${pg.escapeIdentifier(login)} PASSWORD …`;
}
