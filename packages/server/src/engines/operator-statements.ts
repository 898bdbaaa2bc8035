import { createHash } from 'node:crypto';
import { Refusal } from '../core/index.ts';

/** The operator's own grants for one login, ready to run. */
export interface OperatorStatements {
  readonly sql: readonly string[];
  /** A digest of them, as hex. Servers cannot say whether an arbitrary statement has been carried out; a mark can. */
  readonly digest: string;
}

/**
 * Checks the list and puts the quoted login in place of `{login}`. `problem` says what is wrong with a statement, as
 * the end of a sentence; nothing when it may run.
 *
 * @throws Refusal `request_invalid`
 */
export function operatorStatements(
  statements: readonly string[],
  login: { readonly name: string; readonly quoted: string },
  problem: (text: string) => string | undefined,
): OperatorStatements {
  const sql = statements.map((statement) => {
    const text = statement.trim();
    const what = text.includes('{login}') ? problem(text) : 'does not name {login}';
    if (what !== undefined) {
      throw new Refusal('request_invalid', {
        what: `The statement ${JSON.stringify(text)} of "${login.name}" ${what}.`,
      });
    }
    // By a function: a `$` in a name has a meaning in a text that replaces.
    return text.replaceAll('{login}', () => login.quoted);
  });
  return { sql, digest: createHash('sha256').update(JSON.stringify(sql)).digest('hex') };
}
