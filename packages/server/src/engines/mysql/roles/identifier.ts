import { Refusal } from '../../../core/index.ts';
import type { Product } from './product.ts';

/** Longer names are refused by the servers; the shorter bound is MySQL's. */
const longestName: Readonly<Record<Product, number>> = { mysql: 32, mariadb: 80 };
const productNames: Readonly<Record<Product, string>> = { mysql: 'MySQL', mariadb: 'MariaDB' };

/**
 * An account name that means on the server exactly what the configuration says, in every SQL mode.
 * @throws Refusal `request_invalid`
 */
export function accountName(name: string, product: Product): string {
  const what = problem(name, product);
  if (what !== undefined) {
    throw new Refusal('request_invalid', { what: `The login ${JSON.stringify(name)} ${what}.` });
  }
  return name;
}

function problem(name: string, product: Product): string | undefined {
  const { length } = [...name];
  if (length === 0) return 'is empty; that would be the account of everybody without a name';
  if (length > longestName[product]) {
    return `has ${length} characters, and ${productNames[product]} takes ${longestName[product]}`;
  }
  if (/[\p{Cc}'"`\\]/u.test(name)) return 'has a quote, a backslash or a control character';
  if (/^\s|\s$/.test(name)) return 'begins or ends with a space, which the servers cut off';
  return undefined;
}

/** A string in SQL. For text without backslashes, which mean nothing or something depending on the SQL mode. */
export function quoted(text: string): string {
  if (text.includes('\\')) throw new TypeError('a string with a backslash is not the same in every SQL mode');
  return `'${text.replaceAll("'", "''")}'`;
}

/** A string in SQL, whatever is in it: names that somebody else has given. */
export function anyText(text: string): string {
  return text.includes('\\') ? `CONVERT(0x${Buffer.from(text).toString('hex')} USING utf8mb4)` : quoted(text);
}

/** An account in a statement, for every host unless another is named. */
export function account(name: string, host = '%'): string {
  return `${quoted(name)}@${quoted(host)}`;
}

/** An expression of SQL: an account of two columns as the server itself writes it, whatever letters are in it. */
export function inSql(user: string, host: string): string {
  return `CONCAT(QUOTE(${user}), '@', QUOTE(${host}))`;
}

/**
 * A database after `GRANT … ON`, where `_` and `%` are wildcards: without the backslashes a grant on `my_db` is one on
 * `mydb` with any letter between, too.
 */
export function databasePattern(name: string): string {
  return name.replaceAll(/[\\_%]/g, '\\$&');
}

/** An identifier in backticks, which no SQL mode changes. */
export function identifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
