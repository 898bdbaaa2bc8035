/**
 * What is wrong with an operator's own statement for a managed login; nothing when it may run. Text with a semicolon
 * or a comment is refused rather than understood, and so is what reaches beyond databases.
 */
export function statementProblem(text: string): string | undefined {
  if (!/^(GRANT|REVOKE|SET\s+DEFAULT\s+ROLE)\s/i.test(text))
    return 'is none of GRANT, REVOKE and SET DEFAULT ROLE';
  // A backslash before a wildcard belongs to the name of a database.
  if (/;|--|#|\/\*|\0/.test(text) || /\\[^_%]|\\$/.test(text)) {
    return 'is more than one plain statement (no ";", comment, or backslash but before _ and %)';
  }
  if (/\bON\s*(\*|`?\*`?\s*\.\s*\*)/i.test(text)) return 'is about the whole server; name a database';
  if (/\bPROXY\b/i.test(text)) return 'would let the login be another';
  if (/\bIDENTIFIED\b|\bREQUIRE\b|\bWITH\b/i.test(text)) {
    return 'has more than rights in it (no IDENTIFIED, REQUIRE or WITH)';
  }
  if (/\bmysql`?\s*\./i.test(text)) return 'gives a right on the server’s own tables';
  if (/(^|[^\\])%/.test(text)) return 'has a % without a backslash, which stands for any database or host';
  return undefined;
}
