import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mysqlEngine, postgresEngine } from '../index.ts';

const marker = 'hunter';
const pieces = fc.constantFrom(
  "'",
  '"',
  '`',
  '\\',
  '$',
  '$$',
  '$q$',
  '/*',
  '*/',
  '--',
  '#',
  '\n',
  ' ',
  ';',
  'é',
  'x',
  '=',
);
/** A password with anything in it; the marker stands at both ends, so that half of it would be seen as well. */
const secrets = fc.array(pieces, { maxLength: 12 }).map((parts) => `${marker}${parts.join('')}${marker}`);
const gaps = fc.constantFrom(' ', '\n\t', "/* a ' comment */", " -- it's\n", ' /**/ ');

const doubled = (quote: string, text: string) => quote + text.replaceAll(quote, quote + quote) + quote;
const tagOf = (text: string) => {
  let tag = '$t$';
  for (let number = 0; text.includes(tag.slice(0, -1)); number += 1) tag = `$t${number}$`;
  return tag;
};
const dollars = (text: string) => `${tagOf(text)}${text}${tagOf(text)}`;

const inPostgres: readonly ((secret: string) => string)[] = [
  (secret) => doubled("'", secret),
  (secret) => `E${doubled("'", secret.replaceAll('\\', '\\\\'))}`,
  (secret) => `e'${secret.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
  dollars,
];
const inMysql: readonly ((secret: string) => string)[] = [
  (secret) => doubled("'", secret.replaceAll('\\', '\\\\')),
  (secret) => doubled('"', secret.replaceAll('\\', '\\\\')),
  (secret) => `_utf8mb4'${secret.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
];

describe('a secret does not get into the record', () => {
  it('of PostgreSQL, however it is quoted, and whatever it is wrapped in', () => {
    const wraps: readonly ((statement: string) => string)[] = [
      (statement) => statement,
      (statement) => `SELECT 1; ${statement}; SELECT 2`,
      (statement) => `DO ${dollars(`BEGIN ${statement}; END`)}`,
      (statement) => `DO LANGUAGE plpgsql ${doubled("'", `BEGIN ${statement}; END`)}`,
      (statement) => `DO ${dollars(`BEGIN EXECUTE ${doubled("'", statement)}; END`)}`,
    ];
    fc.assert(
      fc.property(
        secrets,
        gaps,
        fc.constantFrom(...inPostgres),
        fc.constantFrom(...wraps),
        (secret, gap, quoted, wrapped) => {
          const sent = wrapped(`ALTER ROLE a LOGIN PASSWORD${gap}${quoted(secret)} VALID UNTIL 'x'`);
          const recorded = postgresEngine.traits.withoutSecrets(sent);
          expect(recorded).toContain('[secret]');
          expect(recorded).not.toContain(marker);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('of MySQL, however it is quoted, and whatever it is wrapped in', () => {
    const wraps: readonly ((statement: string) => string)[] = [
      (statement) => statement,
      (statement) => `/*!50000 ${statement} */`,
      (statement) => `CREATE PROCEDURE p() BEGIN SELECT 1; ${statement}; END`,
      (statement) => `EXECUTE IMMEDIATE ${doubled("'", statement.replaceAll('\\', '\\\\'))}`,
    ];
    const before = fc.constantFrom(
      "ALTER USER 'a'@'%' IDENTIFIED BY",
      "CREATE USER a IDENTIFIED WITH 'p' AS",
      'SET PASSWORD FOR a =',
      "CHANGE REPLICATION SOURCE TO SOURCE_USER='u', SOURCE_PASSWORD=",
    );
    fc.assert(
      fc.property(
        before,
        secrets,
        gaps,
        fc.constantFrom(...inMysql),
        fc.constantFrom(...wraps),
        (start, secret, gap, quoted, wrapped) => {
          const recorded = mysqlEngine.traits.withoutSecrets(wrapped(`${start}${gap}${quoted(secret)}`));
          expect(recorded).toContain('[secret]');
          expect(recorded).not.toContain(marker);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
