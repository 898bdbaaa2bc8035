import type { ColumnMetadata, Field } from '@aws-sdk/client-redshift-data';

/**
 * PostgreSQL's object ids for the types of Redshift, so that values look over HTTP as they do from a connection. What
 * is not here is text.
 */
const objectIds = new Map([
  ['bool', 16],
  ['varbyte', 17],
  ['int8', 20],
  ['int2', 21],
  ['int4', 23],
  ['oid', 26],
  ['float4', 700],
  ['float8', 701],
  ['bpchar', 1042],
  ['varchar', 1043],
  ['date', 1082],
  ['time', 1083],
  ['timestamp', 1114],
  ['timestamptz', 1184],
  ['timetz', 1266],
  ['numeric', 1700],
  // A document of any shape; JSON is what Redshift writes for it.
  ['super', 114],
]);
const text = 25;

/** The type of a column as PostgreSQL numbers it. */
export function objectIdOf({ typeName }: ColumnMetadata): number {
  return objectIds.get(typeName ?? '') ?? text;
}

/** A value in the text form of the protocol; null is NULL. */
export function textOf(field: Field): string | null {
  if (field.isNull === true) return null;
  if (field.booleanValue !== undefined) return field.booleanValue ? 't' : 'f';
  if (field.longValue !== undefined) return String(field.longValue);
  if (field.doubleValue !== undefined) return String(field.doubleValue);
  if (field.blobValue !== undefined) return `\\x${Buffer.from(field.blobValue).toString('hex')}`;
  return field.stringValue ?? null;
}
