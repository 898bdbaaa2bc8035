import type { MysqlBuild } from '../../../support/mysql-builds.ts';
import type { Theme } from '../../case.ts';
import { execute, fetchRows, longData, prepare, value } from '../commands.ts';
import { type MysqlStep, prepared, say, sql, sqls } from '../steps.ts';

const megabyte = 1_048_576;
/** The most bytes of one packet. */
const packetBytes = 0xff_ffff;

/** Values, rows, results and statements that fill many packets, also beyond 16 MiB. */
export function largeValues(product: MysqlBuild['product']): Theme<MysqlStep> {
  // MariaDB takes no larger ones unless it is told to.
  const sizes = product === 'mysql' ? [17, 34] : [15];
  return {
    name: 'large values',
    pure: true,
    cases: [
      ...sizes.map((size) => ({
        name: `a statement of ${size} MB`,
        steps: [sql(`SELECT LENGTH('${'s'.repeat(size * megabyte)}')`), sql('SELECT 1')],
      })),
      ...[1, 250, 251, 252, 65_535, 65_536, megabyte].map((size) => ({
        name: `a text of ${size} bytes, there and back`,
        steps: [
          sql(`SELECT '${'z'.repeat(size)}' AS z`),
          ...prepared('SELECT ?', [value.text('z'.repeat(size))]),
        ],
      })),
      // With its length before it: just below one packet, exactly one and so with an empty one behind it, one byte more.
      ...[packetBytes - 5, packetBytes - 4, packetBytes - 3].map((size) => ({
        name: `a row of ${size} bytes`,
        steps: sqls(`SELECT REPEAT('p', ${size}) AS p`, 'SELECT 1'),
      })),
      { name: 'a row of 33 MB', steps: sqls(`SELECT REPEAT('q', ${2 * packetBytes + 7}) AS q`, 'SELECT 1') },
      {
        name: 'a statement that fills its packet exactly',
        steps: [sql(`SELECT LENGTH('${'s'.repeat(packetBytes - 1 - 17)}')`), sql('SELECT 1')],
      },
      {
        name: '2 MB of bytes as a parameter',
        steps: prepared('SELECT LENGTH(?)', [value.blob(Buffer.alloc(2 * megabyte, 'ab'))]),
      },
      {
        name: '5 MB of long data',
        steps: [
          say([prepare('a', 'SELECT LENGTH(?), CRC32(?)')]),
          say([
            ...Array.from({ length: 50 }, () => longData('a', 0, Buffer.alloc(100_000, 'cd'))),
            execute('a', [value.blob(Buffer.alloc(0)), value.long(1)], { sentAhead: [0] }),
          ]),
        ],
      },
      {
        name: 'long data in more than one packet',
        steps: [
          say([prepare('a', 'SELECT LENGTH(?)')]),
          say([
            longData('a', 0, Buffer.alloc(packetBytes - 7, 'e')),
            longData('a', 0, product === 'mysql' ? Buffer.alloc(packetBytes + 9, 'f') : 'f'),
            execute('a', [value.blob(Buffer.alloc(0))], { sentAhead: [0] }),
          ]),
        ],
      },
      {
        name: '30,000 small rows',
        steps: [
          sql(
            'SELECT a.n, b.n, c.n FROM numbers a, numbers b, numbers c, (SELECT 1 UNION SELECT 2 UNION SELECT 3) d',
          ),
        ],
      },
      {
        name: '8,000 rows in binary',
        steps: prepared('SELECT a.n, b.word, c.half FROM numbers a, numbers b, numbers c'),
      },
      {
        name: 'a big cursor in portions',
        steps: [
          say([prepare('a', 'SELECT a.n, b.word FROM numbers a, numbers b, numbers c')]),
          say([execute('a', [], { cursor: true })]),
          say([fetchRows('a', 3000)]),
          say([fetchRows('a', 3000)]),
          say([fetchRows('a', 3000)]),
        ],
      },
      {
        name: 'rows of very different lengths',
        steps: [sql("SELECT a.n, REPEAT('v', MOD(a.n * b.n * 7919, 30000)) FROM numbers a, numbers b")],
      },
      {
        name: 'wide rows',
        steps: [
          sql(
            `SELECT ${Array.from({ length: 400 }, (_, n) => `REPEAT('${n % 10}', ${n}) AS c${n}`).join(', ')} FROM numbers`,
          ),
        ],
      },
    ],
  };
}
