import pg from 'pg';
import { JsonText, type QueryValue } from '../query-driver.ts';

/** How values of one type leave over HTTP. */
export interface ValueType {
  /** The type's name in PostgreSQL; `[]` for arrays; `oid:N` for one of an extension or of the database's own. */
  readonly name: string;
  /** Turns the text form of a value into what the caller gets. */
  readonly read: (text: string) => QueryValue;
}

const asText = (text: string): string => text;

/** Float4 and float8 are exact as JavaScript numbers; what JSON cannot say (NaN, Infinity) stays text. */
const asNumber = (text: string): number | string => {
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
};

/** The driver reads both forms that `bytea_output` can give. */
const bytes: (text: string) => Buffer = pg.types.getTypeParser(pg.types.builtins.BYTEA, 'text');
/** `text[]`; the driver's table of types has no arrays. */
const textArray: number = 1009;
const stringArray: (text: string) => NestedStrings = pg.types.getTypeParser(textArray, 'text');

type NestedStrings = readonly (string | null | NestedStrings)[];

/**
 * Types that are more than text, by OID (`pg_type.dat`). int8, numeric and money stay text because a JavaScript
 * number would lose digits; dates and times stay as the database wrote them.
 */
const read = new Map<number, (text: string) => QueryValue>([
  [16, (text) => text === 't'],
  [17, (text) => bytes(text).toString('base64')],
  [21, asNumber],
  [23, asNumber],
  [26, asNumber],
  [114, (text) => new JsonText(text)],
  [700, asNumber],
  [701, asNumber],
  [3802, (text) => new JsonText(text)],
]);

/** By OID. The driver knows most of them. */
const names = new Map<number, string>([
  ...Object.entries(pg.types.builtins).map(([name, oid]) => [oid, name.toLowerCase()] as const),
  [19, 'name'],
  [600, 'point'],
  [601, 'lseg'],
  [603, 'box'],
  [628, 'line'],
  [705, 'unknown'],
  [2249, 'record'],
  [2278, 'void'],
  [3904, 'int4range'],
  [3906, 'numrange'],
  [3908, 'tsrange'],
  [3910, 'tstzrange'],
  [3912, 'daterange'],
  [3926, 'int8range'],
  [4072, 'jsonpath'],
  [4451, 'int4multirange'],
  [4532, 'nummultirange'],
  [4533, 'tsmultirange'],
  [4534, 'tstzmultirange'],
  [4535, 'datemultirange'],
  [4536, 'int8multirange'],
  [5069, 'xid8'],
]);

/** Array types and their elements, by OID. */
const elements = new Map<number, number>([
  [1000, 16],
  [1001, 17],
  [1003, 19],
  [1005, 21],
  [1007, 23],
  [1009, 25],
  [1014, 1042],
  [1015, 1043],
  [1016, 20],
  [1021, 700],
  [1022, 701],
  [1028, 26],
  [1041, 869],
  [1115, 1114],
  [1182, 1082],
  [1183, 1083],
  [1185, 1184],
  [1187, 1186],
  [1231, 1700],
  [199, 114],
  [2951, 2950],
  [3807, 3802],
]);

/** The name and the reading of a type, by the OID in a row description. */
export function valueType(oid: number): ValueType {
  const element = elements.get(oid);
  if (element === undefined) return { name: names.get(oid) ?? `oid:${oid}`, read: read.get(oid) ?? asText };
  const inner = valueType(element);
  const readNested = (values: NestedStrings): readonly QueryValue[] =>
    values.map((value) =>
      value === null ? null : typeof value === 'string' ? inner.read(value) : readNested(value),
    );
  return { name: `${inner.name}[]`, read: (text) => readNested(stringArray(text)) };
}
