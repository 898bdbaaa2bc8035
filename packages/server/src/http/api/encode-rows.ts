import { JsonText, type QueryResult, type QueryValue } from '../../engines/index.ts';

/** One value as JSON. A document of the database is passed on as it is, in one line. */
function jsonValue(value: QueryValue): string {
  // Inside JSON strings a raw line break is not allowed, so every one of them is white space between tokens.
  if (value instanceof JsonText) return value.text.replaceAll(/[\r\n]/g, ' ');
  if (typeof value === 'object' && value !== null) return `[${value.map(jsonValue).join(',')}]`;
  return JSON.stringify(value);
}

/** One row as a JSON list. */
export function jsonRow(row: readonly QueryValue[]): string {
  return `[${row.map(jsonValue).join(',')}]`;
}

/** The line that opens an NDJSON answer. */
export function jsonColumns(columns: QueryResult['columns']): string {
  return `{"columns":${JSON.stringify(columns)}}`;
}

/** What a spreadsheet takes for the beginning of a formula, or strips before it looks for one (ASVS 1.2.10, CWE-1236). */
const formulaStarts = '=+-@\t\r\n\0';

/** Neither can call a function or name another program, so they are no formulas whatever they begin with. */
const looksLikeNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const looksLikeTime = /^[+-]?\d+:[0-5]\d:[0-5]\d(\.\d+)?$/;

/**
 * One CSV cell (RFC 4180): NULL is empty, an empty text is `""`, quotes are doubled. A text that a spreadsheet would
 * run as a formula gets an apostrophe in front, as OWASP advises; numbers and times are left alone.
 */
export function csvCell(value: QueryValue): string {
  if (value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : jsonValue(value);
  const guarded = looksLikeFormula(text) ? `'${text}` : text;
  return guarded === '' || /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

function looksLikeFormula(text: string): boolean {
  if (text === '' || !formulaStarts.includes(text.charAt(0))) return false;
  return !looksLikeNumber.test(text) && !looksLikeTime.test(text);
}

/** One CSV line with its line end. */
export function csvRow(row: readonly QueryValue[]): string {
  return `${row.map(csvCell).join(',')}\r\n`;
}
