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

const looksLikeNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * One CSV cell (RFC 4180): NULL is empty, an empty text is `""`, quotes are doubled. A text that a spreadsheet would
 * run as a formula (it begins with `=`, `+`, `-`, `@`, tab or carriage return) gets an apostrophe in front, as OWASP
 * advises; numbers are left alone.
 */
export function csvCell(value: QueryValue): string {
  if (value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : jsonValue(value);
  const guarded = /^[=+\-@\t\r]/.test(text) && !looksLikeNumber.test(text) ? `'${text}` : text;
  return guarded === '' || /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/** One CSV line with its line end. */
export function csvRow(row: readonly QueryValue[]): string {
  return `${row.map(csvCell).join(',')}\r\n`;
}
