import { bind, execute, parse, sync } from '../../../support/postgres-messages.ts';
import type { Theme } from '../../case.ts';
import { binary, extended, type PostgresStep, say, sql } from '../steps.ts';

const megabyte = 1_048_576;

/** Values, rows, results and statements that fill many packets. */
export const largeValues: Theme<PostgresStep> = {
  name: 'large values',
  pure: true,
  cases: [
    ...[1, 8_191, 8_192, 65_535, 65_536, megabyte, 3 * megabyte].map((size) => ({
      name: `a text of ${size} bytes, there and back`,
      steps: [extended('SELECT $1::text, length($1::text)', { values: ['z'.repeat(size)] })],
    })),
    {
      name: '2 MB of bytes in binary',
      steps: [
        binary('SELECT $1::bytea', { types: [17], values: [Buffer.alloc(2 * megabyte, 'ab')], formats: [1] }),
      ],
    },
    {
      name: 'a statement text of 1 MB',
      steps: [
        sql(`SELECT length('${'q'.repeat(3 * megabyte)}')`),
        extended(`SELECT length('${'q'.repeat(3 * megabyte)}')`),
      ],
    },
    {
      name: 'a text in many scripts of 600 KB',
      steps: [extended('SELECT $1::text, md5($1::text)', { values: ['日本☃é🎉'.repeat(30_000)] })],
    },
    { name: '30,000 small rows', steps: [sql('SELECT g, g % 7 FROM generate_series(1, 30000) g')] },
    {
      name: '20,000 rows in binary',
      steps: [binary('SELECT g, g::text FROM generate_series(1, 20000) g')],
    },
    {
      name: 'rows of very different lengths',
      steps: [sql("SELECT g, repeat('v', (g * 7919) % 30000) FROM generate_series(1, 400) g")],
    },
    {
      name: 'wide rows',
      steps: [
        sql(
          `SELECT ${Array.from({ length: 500 }, (_, n) => `repeat('${n % 10}', ${n})`).join(', ')} FROM generate_series(1, 20)`,
        ),
      ],
    },
    {
      name: 'a large result in portions',
      steps: [
        say([
          parse('', "SELECT repeat('p', 1000) FROM generate_series(1, 3000)"),
          bind('', ''),
          ...Array.from({ length: 4 }, () => execute('', 1000)),
          sync,
        ]),
      ],
    },
    {
      name: 'an array of 100,000 numbers',
      steps: [
        sql('SELECT array_agg(g) FROM generate_series(1, 100000) g'),
        binary('SELECT array_agg(g) FROM generate_series(1, 100000) g'),
      ],
    },
    {
      name: 'a document of 1 MB',
      steps: [sql("SELECT jsonb_object_agg(g::text, repeat('j', 10)) FROM generate_series(1, 50000) g")],
    },
    {
      name: 'a row of NULLs and one of empty texts',
      steps: [
        sql(`SELECT ${Array.from({ length: 300 }, () => 'NULL').join(', ')}`),
        sql(`SELECT ${Array.from({ length: 300 }, () => "''").join(', ')}`),
      ],
    },
  ],
};
