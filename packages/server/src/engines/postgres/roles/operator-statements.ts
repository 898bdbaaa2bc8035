import pg from 'pg';
import { operatorStatements } from '../../operator-statements.ts';
import { dangerousRoles } from './dangerous-roles.ts';

/** The operator's own grants for one login, ready to run. */
export interface OperatorStatements {
  readonly sql: readonly string[];
  /**
   * Stands in the login's comment once they ran. PostgreSQL cannot say whether an arbitrary statement has been carried
   * out, so the statements run again exactly when their text changes.
   */
  readonly mark: string;
}

/**
 * Checks the list and puts the quoted login in place of `{login}`. Only statements that give or take rights are taken,
 * each alone: text with a semicolon, a comment or a dollar quote is refused rather than understood.
 *
 * @throws Refusal `request_invalid`
 */
export function parseOperatorStatements(statements: readonly string[], login: string): OperatorStatements {
  const { sql, digest } = operatorStatements(
    statements,
    { name: login, quoted: pg.escapeIdentifier(login) },
    problem,
  );
  return { sql, mark: `Made by Grantway; statements ${digest.slice(0, 32)}` };
}

function problem(text: string): string | undefined {
  if (!/^(GRANT|REVOKE|ALTER\s+DEFAULT\s+PRIVILEGES)\s/i.test(text)) {
    return 'is none of GRANT, REVOKE and ALTER DEFAULT PRIVILEGES';
  }
  if (/;|--|\/\*|\$|\\|\0/.test(text))
    return 'is more than one plain statement (no ";", comment, "$" or backslash)';
  const dangerous = dangerousRoles.find((role) => text.toLowerCase().includes(role));
  if (dangerous !== undefined) return `gives ${dangerous}, which reaches beyond the database`;
  return undefined;
}
