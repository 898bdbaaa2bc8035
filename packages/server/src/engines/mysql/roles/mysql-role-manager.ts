import { type Database, Refusal, type Role, type Secret } from '../../../core/index.ts';
import { failureInWords } from '../../framing/index.ts';
import { passwordNotTried } from '../../password-not-tried.ts';
import type { PlannedStatement, RoleManager } from '../../role-manager.ts';
import { ServerFailure } from '../server-error.ts';
import { applyAlone } from './apply-alone.ts';
import { examineServer } from './examine-server.ts';
import { account, accountName } from './identifier.ts';
import { withManager } from './manager-session.ts';
import { bestPlugin } from './password-plugins.ts';
import { passwordVerifier, setPasswordSql } from './password-verifier.ts';
import { planAccounts } from './plan-accounts.ts';
import { ServerSession, StatementFailure } from './server-session.ts';
import { readMapped, readServerState } from './server-state.ts';
import { wantedAccounts } from './wanted-accounts.ts';

/**
 * Managed roles on MySQL 8.4 and MariaDB 10.5 and newer, through a manager account without SUPER (see `docs/mysql.md`
 * for what it needs).
 *
 * Every method throws Refusal `request_invalid` when the configuration or the manager account is at fault, and
 * `statement_failed` when the server refused a statement; its sentence then names the statement.
 */
export const mysqlRoleManager: RoleManager = {
  plan: async (database, password) =>
    await withManager(database, password, async (session) => await makePlan(session, database)),

  apply: async (database, password) =>
    await withManager(database, password, async (session) => {
      await applyAlone(session, database.name);
      return await applyPlan(session, database);
    }),

  setPassword: async (database, manager, role, password) => {
    await withManager(database, manager, async (session) => {
      const login = accountName(role.login, session.product);
      const { plugins } = await readServerState(session, [login]);
      const plugin = bestPlugin(session.product, plugins);
      const verifier = await passwordVerifier(password, plugin);
      // Nothing is unlocked: what is locked, an administrator has locked.
      await run(
        session,
        setPasswordSql(account(login), plugin, verifier),
        setPasswordSql(account(login), plugin, '…'),
      );
    });
  },

  // The plugin depends on the server.
  passwordStatement: ({ login }) => `ALTER USER ${account(login)} IDENTIFIED WITH …`,

  accepts: acceptsPassword,

  // An account keeps no settings for its sessions. Which of its roles they begin with it may choose, and the templates give none.
  ownChanges: { takeBackSettings: async () => [] },

  examine: async (database, password) =>
    await withManager(database, password, async (session) => await examineServer(session, database)),
};

async function makePlan(session: ServerSession, database: Database): Promise<readonly PlannedStatement[]> {
  const wanted = wantedAccounts(database, session.product);
  return planAccounts(database, wanted, await readMapped(session, database));
}

/**
 * Runs the plan. Each statement takes effect by itself, in an order in which a half-run plan gives nobody more than
 * before: an account is closed first, and rights are taken away before others are given.
 */
async function applyPlan(session: ServerSession, database: Database): Promise<readonly PlannedStatement[]> {
  const done: PlannedStatement[] = [];
  const changes = async () => (await makePlan(session, database)).filter(({ byHand }) => byHand !== true);
  for (const statement of await changes()) {
    await run(session, statement.sql, statement.sql);
    done.push(statement);
  }
  const [left] = await changes();
  if (left !== undefined) {
    throw new Refusal('request_invalid', {
      what: `The manager account cannot change this: ${left.because}. As an administrator run: ${left.sql}`,
    });
  }
  return done;
}

/** Refusals of a login that say "not with this password": wrong, none, expired, or an account that is locked. */
const noes = new Set([1045, 1698, 1820, 1862, 3118, 4151]);
/** The password is right, and the account has no right on the database. */
const noRightOnDatabase = 1044;

/** Who tries one may have to end soon: a look of the gateway, which is then stopped. */
const longestTryMs = 10_000;

async function acceptsPassword(database: Database, role: Role, password: Secret): Promise<boolean> {
  try {
    (await ServerSession.open(database, role.login, password, longestTryMs)).close();
    return true;
  } catch (thrown) {
    const cause = thrown instanceof Refusal ? thrown.cause : thrown;
    if (cause instanceof ServerFailure && noes.has(cause.errno)) return false;
    if (cause instanceof ServerFailure && cause.errno === noRightOnDatabase) return true;
    // A full server or a network fault says nothing about the password.
    throw passwordNotTried(database, role, thrown);
  }
}

async function run(session: ServerSession, sql: string, shown: string): Promise<void> {
  await session.query(sql).catch((cause: unknown) => {
    const sqlstate = cause instanceof StatementFailure ? cause.sqlstate : 'HY000';
    throw new Refusal(
      'statement_failed',
      { message: `${failureInWords(cause)} (${shown})`, sqlstate },
      cause,
    );
  });
}
