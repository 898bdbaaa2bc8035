import type { Database, Role, Secret } from '../core/index.ts';

/** Makes the logins of managed roles on one kind of server, through the database's manager account. */
export interface RoleManager {
  /** Compares the server with the config. Changes nothing. */
  plan(database: Database, manager: Secret): Promise<readonly PlannedStatement[]>;
  /** Brings the server to the plan; running it again changes nothing. Passwords are not its business. */
  apply(database: Database, manager: Secret): Promise<readonly PlannedStatement[]>;
  /** Sets the password of one login. Called by the rotation, which has written both candidates ahead. */
  setPassword(database: Database, manager: Secret, role: Role, password: Secret): Promise<void>;
  /** What {@link RoleManager.setPassword} runs, with `…` where the secret stands. */
  passwordStatement(role: Role): string;
  /** Whether the server accepts this password for the role's login; used to settle an interrupted rotation. */
  accepts(database: Database, role: Role, password: Secret): Promise<boolean>;
  /**
   * Lets nobody in any more as the user of those who name none, and says how; with `plan` it only says so. Called after
   * everything else of an apply. Absent: these servers have no such user.
   */
  lockDefault?(
    database: Database,
    manager: Secret,
    how: 'plan' | 'apply',
  ): Promise<readonly PlannedStatement[]>;
  /** Says what is dangerous or weak about the server and its mapped logins. Changes nothing. */
  examine(database: Database, manager: Secret): Promise<readonly Finding[]>;
  /**
   * Present where a login can change its own password, and a running gateway looks every minute whether it has. Absent: it
   * cannot (Redis), or the looking would wake a warehouse that is paid for by its waking hours (Redshift).
   */
  readonly ownChanges?: OwnChanges;
}

/** What a login can do to itself without anybody's leave, and so to everybody who shares it. */
export interface OwnChanges {
  /**
   * Takes back the defaults that logins of managed roles have set for their next sessions; nothing that only an
   * administrator can have set. `announce` hears what will run, before it does; when it throws, nothing runs. It is not
   * called when there is nothing to take back. Gives what ran.
   */
  takeBackSettings(
    database: Database,
    manager: Secret,
    announce: (statements: readonly PlannedStatement[]) => Promise<void>,
  ): Promise<readonly PlannedStatement[]>;
}

/** Something about a server that an administrator should know, and how to mend it. */
export interface Finding {
  /** `danger`: somebody can step out of their role or around Grantway. `warning`: one fault away. `note`: worth knowing. */
  readonly severity: 'danger' | 'warning' | 'note';
  /** Stable, for programs: `login_attribute`. */
  readonly code: string;
  /** What it means, one clause: "login app_readonly is open to everybody without a password". */
  readonly meaning: string;
  /** What an administrator of the server runs, or the line to change in a file; no secret is ever in it. */
  readonly mend: string;
}

/** One statement that would be run, and why. */
export interface PlannedStatement {
  /** The exact statement, as it would be sent; no secret is ever in it. */
  readonly sql: string;
  /** Why it is needed, one clause: "login app_readonly is missing". */
  readonly because: string;
  /** A finding about the server that apply leaves alone: the statement is what an administrator would run. */
  readonly byHand?: true;
}

/** A finding as a plan shows it. */
export function findingByHand({ mend, meaning }: Finding): PlannedStatement {
  return { sql: mend, because: meaning, byHand: true };
}
