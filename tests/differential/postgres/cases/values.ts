import type { DifferentialCase, Theme } from '../../case.ts';
import { binary, extended, type PostgresStep, sql } from '../steps.ts';

interface TypeSample {
  readonly type: string;
  /** Literals without quotes. */
  readonly texts: readonly string[];
  /** The first of them in the binary form of a parameter, with the type's object id. */
  readonly binary?: { readonly oid: number; readonly hex: string };
}

const samples: readonly TypeSample[] = [
  { type: 'bool', texts: ['true', 'false'], binary: { oid: 16, hex: '01' } },
  { type: 'int2', texts: ['-32768', '32767'], binary: { oid: 21, hex: '8000' } },
  { type: 'int4', texts: ['-2147483648', '2147483647', '0'], binary: { oid: 23, hex: '80000000' } },
  {
    type: 'int8',
    texts: ['-9223372036854775808', '9223372036854775807'],
    binary: { oid: 20, hex: '8000000000000000' },
  },
  { type: 'oid', texts: ['4294967295', '1'], binary: { oid: 26, hex: 'ffffffff' } },
  {
    type: 'float4',
    texts: ['1.5', 'NaN', 'Infinity', '-0', '3.4e38', '1e-45'],
    binary: { oid: 700, hex: '3fc00000' },
  },
  {
    type: 'float8',
    texts: ['-2.25', 'NaN', '-Infinity', '1.7976931348623157e308', '0.1'],
    binary: { oid: 701, hex: 'c002000000000000' },
  },
  {
    type: 'numeric',
    texts: ['12345.678', 'NaN', 'Infinity', '-0.000000000000000001', `${'9'.repeat(60)}.${'9'.repeat(40)}`],
    binary: { oid: 1700, hex: '000300010000000300010929 1a7c'.replaceAll(' ', '') },
  },
  { type: 'money', texts: ['-12.34', '99999999.99'] },
  {
    type: 'text',
    texts: ['plain', '', 'Zoë ☃ 日本語 🎉', 'tab\tquote"\\'],
    binary: { oid: 25, hex: '706c61696e' },
  },
  { type: 'varchar(5)', texts: ['abc', ''], binary: { oid: 1043, hex: '616263' } },
  { type: 'char(5)', texts: ['ab', ''] },
  { type: '"char"', texts: ['x', ''], binary: { oid: 18, hex: '78' } },
  { type: 'name', texts: ['relname'], binary: { oid: 19, hex: '72656c6e616d65' } },
  { type: 'bytea', texts: ['\\x00ff10', '\\x'], binary: { oid: 17, hex: '00ff10' } },
  {
    type: 'uuid',
    texts: ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    binary: { oid: 2950, hex: 'a0eebc999c0b4ef8bb6d6bb9bd380a11' },
  },
  {
    type: 'date',
    texts: ['2000-01-02', 'infinity', '0044-03-15 BC', '5874897-12-31'],
    binary: { oid: 1082, hex: '00000001' },
  },
  {
    type: 'time',
    texts: ['00:00:01', '24:00:00', '12:34:56.789012'],
    binary: { oid: 1083, hex: '00000000000f4240' },
  },
  { type: 'timetz', texts: ['04:05:06+02', '04:05:06.5-11:30'] },
  {
    type: 'timestamp',
    texts: ['2000-01-01 00:00:01', '-infinity', '294276-12-31 23:59:59.999999'],
    binary: { oid: 1114, hex: '00000000000f4240' },
  },
  {
    type: 'timestamptz',
    texts: ['2000-01-01 00:00:01+00', 'infinity', '2024-03-31 01:30:00 Europe/Berlin'],
    binary: { oid: 1184, hex: '00000000000f4240' },
  },
  {
    type: 'interval',
    texts: ['00:00:01', '1 year 2 mons -3 days 04:05:06.7', '-1 mons'],
    binary: { oid: 1186, hex: '00000000000f42400000000000000000' },
  },
  {
    type: 'json',
    texts: ['{"a": [1, null, "\\u2603"]}', 'null'],
    binary: { oid: 114, hex: '7b2261223a205b312c206e756c6c2c20225c7532363033225d7d' },
  },
  { type: 'jsonb', texts: ['[]', '{"b": {"c": 1e400}, "a": 1}'], binary: { oid: 3802, hex: '015b5d' } },
  { type: 'jsonpath', texts: ['$.a[*] ? (@ > 1)'] },
  { type: 'xml', texts: ['<a b="c">d</a>'] },
  {
    type: 'inet',
    texts: ['192.168.1.5/24', '::1', 'fe80::1/64'],
    binary: { oid: 869, hex: '02180004c0a80105' },
  },
  { type: 'cidr', texts: ['10.0.0.0/8', '2001:db8::/32'], binary: { oid: 650, hex: '020801040a000000' } },
  { type: 'macaddr', texts: ['08:00:2b:01:02:03'], binary: { oid: 829, hex: '08002b010203' } },
  { type: 'macaddr8', texts: ['08:00:2b:01:02:03:04:05'] },
  { type: 'bit(5)', texts: ['10101'], binary: { oid: 1560, hex: '00000005a8' } },
  { type: 'varbit', texts: ['1', ''], binary: { oid: 1562, hex: '0000000180' } },
  { type: 'point', texts: ['(1.5,-2.25)'], binary: { oid: 600, hex: '3ff8000000000000c002000000000000' } },
  { type: 'lseg', texts: ['[(0,0),(1,1)]'] },
  { type: 'box', texts: ['(1,1),(0,0)'] },
  { type: 'path', texts: ['[(0,0),(1,2)]', '((0,0),(1,2))'] },
  { type: 'polygon', texts: ['((0,0),(1,1),(2,0))'] },
  { type: 'circle', texts: ['<(1,2),3>'] },
  { type: 'tsvector', texts: ["''a'':1A ''fat'':2"] },
  { type: 'tsquery', texts: ["''a'' & !''b''"] },
  { type: 'pg_lsn', texts: ['16/B374D848'], binary: { oid: 3220, hex: '00000016b374d848' } },
  { type: 'int4range', texts: ['[1,10)', 'empty', '(,5]'] },
  { type: 'nummultirange', texts: ['{[1,2),(3.5,]}', '{}'] },
  {
    type: 'int4[]',
    texts: ['{1,2}', '{}', '{{1,NULL},{3,4}}', '[5:6]={7,8}'],
    binary: { oid: 1007, hex: '000000010000000000000017000000020000000100000004000000010000000400000002' },
  },
  { type: 'text[]', texts: ['{"a b","c\\"d",NULL,""}', '{☃}'] },
  { type: 'int2vector', texts: ['1 2 3'] },
  { type: 'regclass', texts: ['pg_class'], binary: { oid: 2205, hex: '000004eb' } },
  { type: 'regtype', texts: ['integer', 'text[]'] },
];

const inText: readonly DifferentialCase<PostgresStep>[] = samples.map(({ type, texts }) => ({
  name: `${type} as text in a simple query`,
  steps: texts.map((text) => sql(`SELECT '${text}'::${type} AS value, NULL::${type} AS nothing`)),
}));

const inBinary: readonly DifferentialCase<PostgresStep>[] = samples.map(({ type, texts }) => ({
  name: `${type} as a text parameter, and back in text and in binary`,
  steps: texts.flatMap((text) => {
    const prepared = { values: [text.replaceAll("''", "'"), null] };
    const statement = `SELECT $1::${type} AS value, $2::${type} AS nothing`;
    return [extended(statement, prepared), binary(statement, prepared)];
  }),
}));

const binaryParameters: readonly DifferentialCase<PostgresStep>[] = samples.flatMap(
  ({ type, binary: given }) =>
    given === undefined
      ? []
      : [
          {
            name: `${type} as a binary parameter, and back in text and in binary`,
            steps: [[0], [1], [1, 0]].map((results) =>
              extended('SELECT $1 AS value, $1::text AS text', {
                types: [given.oid],
                values: [Buffer.from(given.hex, 'hex')],
                formats: [1],
                results: results.length === 1 ? results.concat(results) : results,
              }),
            ),
          },
        ],
);

const composite: readonly DifferentialCase<PostgresStep>[] = [
  { name: 'anonymous records in binary', steps: [binary("SELECT ROW(1, 'x', NULL, ROW(2.5))")] },
  {
    name: 'whole rows of a table in text and in binary',
    steps: [sql('SELECT n FROM numbers n WHERE n.n = 3'), binary('SELECT n FROM numbers n WHERE n.n = 3')],
  },
  {
    name: 'an enumeration in text and in binary',
    steps: [
      sql("SELECT 'ok'::mood"),
      binary('SELECT enum_range(NULL::mood)'),
      extended('SELECT $1::mood', { values: ['happy'] }),
    ],
  },
  {
    name: 'an array of a table type',
    steps: [binary('SELECT array_agg(n ORDER BY n) FROM numbers n WHERE n.n < 4')],
  },
  { name: 'a row with no columns', steps: [sql('SELECT'), extended('SELECT')] },
  {
    name: 'a row of 1,600 columns',
    steps: [sql(`SELECT ${Array.from({ length: 1600 }, (_, index) => index).join(', ')}`)],
  },
  {
    name: 'column names that need quotes',
    steps: [sql(`SELECT 1 AS "Zoë ☃", 2 AS "a""b", 3 AS " ", 4 AS "${'x'.repeat(63)}"`)],
  },
  {
    name: 'several formats of results in one row',
    steps: [extended("SELECT 1, 'a'::text, 2.5::float8", { results: [1, 0, 1] })],
  },
];

/** Every type that people store, in every form that the protocol has for it. */
export const values: Theme<PostgresStep> = {
  name: 'values',
  pure: true,
  cases: [...inText, ...inBinary, ...binaryParameters, ...composite],
};
