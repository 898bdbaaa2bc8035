import type { MysqlBuild } from '../../../support/mysql-builds.ts';
import type { DifferentialCase, Theme } from '../../case.ts';
import { type Value, value } from '../commands.ts';
import { type MysqlStep, prepared, sqls } from '../steps.ts';

/** A column type, and values of it as the text protocol writes them. */
const samples: readonly (readonly [type: string, ...literals: string[]])[] = [
  ['TINYINT', '-128', '127'],
  ['TINYINT UNSIGNED', '255'],
  ['BOOLEAN', 'TRUE', 'FALSE'],
  ['SMALLINT', '-32768', '32767'],
  ['SMALLINT UNSIGNED', '65535'],
  ['MEDIUMINT', '-8388608', '8388607'],
  ['INT', '-2147483648', '2147483647'],
  ['INT UNSIGNED ZEROFILL', '42', '4294967295'],
  ['BIGINT', '-9223372036854775808', '9223372036854775807'],
  ['BIGINT UNSIGNED', '18446744073709551615'],
  ['FLOAT', '1.5', '-3.4e38', '1e-30'],
  ['DOUBLE', '0.1', '1.7976931348623157e308', '-0.0'],
  ['DECIMAL(65,30)', '12345678901234567890.123456789', '-0.000000000000000000000000000001'],
  ['DECIMAL(5,0)', '99999'],
  ['BIT(1)', "b'1'"],
  ['BIT(64)', "b'1010101010101010101010101010101010101010101010101010101010101011'"],
  ['CHAR(10)', "''", "'abc'", "'ä☃'"],
  ['VARCHAR(300)', "'plain'", "'Zoë ☃ 日本語 🎉'", "REPEAT('x', 300)"],
  ['TINYTEXT', "'t'"],
  ['TEXT', "REPEAT('y', 60000)", "''"],
  ['MEDIUMTEXT', "REPEAT('z', 100000)"],
  ['LONGTEXT', "'l'"],
  ['BINARY(4)', "x'00ff10'"],
  ['VARBINARY(20)', "x'00010203'", "''"],
  ['TINYBLOB', "x'ff'"],
  ['BLOB', "REPEAT(x'00', 1000)"],
  ['LONGBLOB', "x'fb00fe'"],
  ['DATE', "'2024-02-29'", "'9999-12-31'", "'1000-01-01'"],
  ['TIME', "'00:00:00'", "'-838:59:59'", "'12:34:56'"],
  ['TIME(6)', "'12:34:56.789012'", "'-00:00:00.000001'"],
  ['DATETIME', "'2024-02-29 23:59:59'"],
  ['DATETIME(6)', "'1000-01-01 00:00:00.000001'"],
  ['TIMESTAMP', "'2024-07-01 12:00:00'"],
  ['TIMESTAMP(3)', "'2030-01-01 00:00:00.123'"],
  ['YEAR', '1901', '2155', '0'],
  ["ENUM('small', 'größer', '☃')", "'größer'", "'☃'"],
  ["SET('a', 'b', 'c')", "''", "'a,c'"],
  ['JSON', `'{"a": [1, null, "☃"]}'`, "'null'"],
  ['POINT', 'ST_GeomFromText("POINT(1.5 -2)")'],
  ['GEOMETRY', 'ST_GeomFromText("POLYGON((0 0, 1 0, 1 1, 0 0))")'],
  ['VARCHAR(20) CHARACTER SET latin1', "'größe'"],
  ['VARCHAR(20) CHARACTER SET utf16', "'größe☃'"],
  ['VARCHAR(20) COLLATE utf8mb4_bin', "'Größe'"],
];

function inColumn([type, ...literals]: (typeof samples)[number]): DifferentialCase<MysqlStep> {
  return {
    name: `${type} in text and in binary`,
    steps: [
      ...sqls(
        `CREATE TABLE samples (id INT PRIMARY KEY, sample ${type})`,
        ...literals.map((literal, index) => `INSERT INTO samples VALUES (${index}, ${literal})`),
        `INSERT INTO samples VALUES (${literals.length}, NULL)`,
        'SELECT id, sample FROM samples ORDER BY id',
      ),
      ...prepared('SELECT id, sample FROM samples ORDER BY id'),
    ],
  };
}

/** A parameter in binary. */
const parameters: readonly (readonly [name: string, ...values: Value[]])[] = [
  ['a tiny number', value.tiny(-128), value.tiny(127)],
  ['a short number', value.short(-32_768)],
  ['a long number', value.long(-2_147_483_648), value.long(2_147_483_647)],
  ['a number of 64 bits', value.longLong(-(2n ** 63n)), value.longLong(2n ** 63n - 1n)],
  ['a single float', value.float(1.5), value.float(-0)],
  ['a double float', value.double(0.1), value.double(1.7e308)],
  ['a text', value.text(''), value.text('Zoë ☃ 🎉'), value.text('x'.repeat(70_000))],
  ['bytes', value.blob(Buffer.from('00ff', 'hex')), value.blob(Buffer.alloc(300, 'ab'))],
  ['a decimal', value.decimal('12345678901234567890.5')],
  ['a date', value.date(2024, 2, 29)],
  ['a date with time', value.dateTime([2024, 2, 29], [23, 59, 58, 123_456])],
  ['a time', value.time(true, [3, 4, 5, 6, 700_000])],
];

const inParameter: readonly DifferentialCase<MysqlStep>[] = parameters.map(([name, ...values]) => ({
  name: `${name} as a parameter in binary`,
  steps: values.flatMap((one) => prepared('SELECT ? AS given, CONCAT(?) AS text', [one, one])),
}));

/** Every type that people store, in both protocols. */
export function values(product: MysqlBuild['product']): readonly Theme<MysqlStep>[] {
  const own =
    product === 'mysql'
      ? []
      : ([
          ['UUID', "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"],
          ['INET6', "'::1'"],
        ] as const);
  return [
    { name: 'values in columns', cases: [...samples, ...own].map(inColumn) },
    {
      name: 'values as parameters',
      pure: true,
      cases: [
        ...inParameter,
        { name: 'NULL for every parameter', steps: prepared('SELECT ?, ?, CONCAT(?)', [null, null, null]) },
        {
          name: 'twenty parameters, some of them NULL',
          steps: prepared(
            `SELECT ${Array.from({ length: 20 }, () => '?').join(', ')}`,
            Array.from({ length: 20 }, (_, n) => (n % 3 === 0 ? null : value.long(n))),
          ),
        },
        {
          name: 'three hundred parameters',
          steps: prepared(
            `SELECT ${Array.from({ length: 300 }, () => '?').join(' + ')}`,
            Array.from({ length: 300 }, (_, n) => value.long(n)),
          ),
        },
        {
          name: 'columns without a name, with a long one, and in many scripts',
          steps: sqls(`SELECT 1, NULL, 'x' AS \`Zoë ☃\`, 2 AS \`a b\`, 3 AS ${'n'.repeat(64)}, 1 + 1`),
        },
        {
          name: 'a row of 500 columns',
          steps: [
            ...sqls(`SELECT ${Array.from({ length: 500 }, (_, n) => n).join(', ')}`),
            ...prepared(`SELECT ${Array.from({ length: 500 }, (_, n) => n).join(', ')}`),
          ],
        },
        {
          name: 'a row of NULLs',
          steps: [
            ...sqls(`SELECT ${Array.from({ length: 300 }, () => 'NULL').join(', ')}`),
            ...prepared(`SELECT ${Array.from({ length: 300 }, () => 'NULL').join(', ')}`),
          ],
        },
      ],
    },
  ];
}
