import type { Database, Role, Secret } from '../core/index.ts';

/** Makes the logins of managed roles on one kind of server, through the database's manager account. */
export interface RoleManager {
  /** Compares the server with the config. Changes nothing. */
  plan(database: Database, manager: Secret): Promise<readonly PlannedStatement[]>;
  /** Brings the server to the plan; running it again changes nothing. Passwords are not its business. */
  apply(database: Database, manager: Secret): Promise<readonly PlannedStatement[]>;
  /** Sets the password of one login. Called by the rotation, which has written both candidates ahead. */
  setPassword(database: Database, manager: Secret, role: Role, password: Secret): Promise<void>;
  /** Whether the server accepts this password for the role's login; used to settle an interrupted rotation. */
  accepts(database: Database, role: Role, password: Secret): Promise<boolean>;
}

export interface PlannedStatement {
  /** The exact statement, as it would be sent; no secret is ever in it. */
  readonly sql: string;
  /** Why it is needed, one clause: "login app_readonly is missing". */
  readonly because: string;
  /** A finding about the server that apply leaves alone: the statement is what an administrator would run. */
  readonly byHand?: true;
}
