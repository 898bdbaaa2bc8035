/** White space and comments that may stand before a statement's first word. Comments that nest are rare enough there. */
const leading = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/;

/**
 * The tag of CommandComplete, which the Data API does not give: the first word, and the rows that were changed or read.
 */
export function commandTag(sql: string, changed: number, read: number): string {
  const [word = ''] = /^[a-z]+/i.exec(sql.replace(leading, '')) ?? [];
  const verb = word.toUpperCase();
  switch (verb) {
    case 'INSERT':
      return `INSERT 0 ${changed}`;
    case 'UPDATE':
    case 'DELETE':
    case 'MERGE':
      return `${verb} ${changed}`;
    case 'SELECT':
    case 'WITH':
    case 'SHOW':
      return `SELECT ${read}`;
    default:
      return verb === '' ? 'OK' : verb;
  }
}
