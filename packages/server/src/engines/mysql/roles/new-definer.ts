import { createHash } from 'node:crypto';
import { account, databasePattern, identifier } from './identifier.ts';

/** An account for triggers and events to run as: it reaches one database, and nobody can sign in as it. */
export function newDefiner(database: string): {
  readonly account: string;
  /** What an administrator runs to make it; running it again changes nothing. */
  readonly statements: readonly string[];
} {
  // MySQL takes 32 characters.
  const short = /^\w{1,24}$/.test(database)
    ? database
    : createHash('sha256').update(database).digest('hex').slice(0, 24);
  const name = account(`definer_${short}`, 'localhost');
  return {
    account: name,
    statements: [
      `CREATE USER IF NOT EXISTS ${name} ACCOUNT LOCK`,
      `GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE, TRIGGER, EVENT ON ${identifier(databasePattern(database))}.* TO ${name}`,
    ],
  };
}
