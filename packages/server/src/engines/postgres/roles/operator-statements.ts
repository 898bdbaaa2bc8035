import { createHash } from 'node:crypto';
import pg from 'pg';
import { Refusal } from '../../../core/index.ts';
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
  const sql = statements.map((statement) => {
    const text = statement.trim();
    const what = problem(text);
    if (what !== undefined) {
      throw new Refusal('request_invalid', {
        what: `The statement ${JSON.stringify(text)} of "${login}" ${what}.`,
      });
    }
    return text.replaceAll('{login}', pg.escapeIdentifier(login));
  });
  const digest = createHash('sha256').update(JSON.stringify(sql)).digest('hex');
  return { sql, mark: `Made by Grantway; statements ${digest.slice(0, 32)}` };
}

function problem(text: string): string | undefined {
  if (!/^(GRANT|REVOKE|ALTER\s+DEFAULT\s+PRIVILEGES)\s/i.test(text)) {
    return 'is none of GRANT, REVOKE and ALTER DEFAULT PRIVILEGES';
  }
  if (!text.includes('{login}')) return 'does not name {login}';
  if (/;|--|\/\*|\$|\\|\0/.test(text))
    return 'is more than one plain statement (no ";", comment, "$" or backslash)';
  const dangerous = dangerousRoles.find((role) => text.toLowerCase().includes(role));
  if (dangerous !== undefined) return `gives ${dangerous}, which reaches beyond the database`;
  return undefined;
}
