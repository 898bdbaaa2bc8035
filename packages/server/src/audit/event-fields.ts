import { hash } from 'node:crypto';
import type { AuditEvent, OtherEvent, StatementEvent, StatementFields, StatementSubject } from './event.ts';
import type { JsonBytes } from './json-bytes.ts';
import { jsonText } from './json-text.ts';

/** The most characters of a statement's text, and of a list, that a record keeps; hash and length of the whole text stay. */
const textLimit = 65_536;
/** The most characters of any other text. */
const fieldLimit = 2_048;

/** Writes the event as the inside of a JSON object: `"type":"…",…`, without braces. Every text is bounded and escaped. */
export function writeFields(json: JsonBytes, event: AuditEvent): void {
  if (event.type === 'statement') writeStatement(json, event);
  else json.utf8(otherFields(event));
}

const rowsName = Buffer.from(',"rows":');
const textName = Buffer.from(',"text":');
const outcomes: Readonly<Record<StatementFields['outcome'], Buffer>> = {
  succeeded: beforeDuration('succeeded'),
  failed: beforeDuration('failed'),
  cancelled: beforeDuration('cancelled'),
  unfinished: beforeDuration('unfinished'),
};

function beforeDuration(outcome: StatementFields['outcome']): Buffer {
  return Buffer.from(`,"outcome":"${outcome}","durationMs":`);
}

/** The hot path: one of these for each statement that anybody runs, so it is spelled out. */
function writeStatement(json: JsonBytes, { by, statement }: StatementEvent): void {
  const { text, textBytes, textHash, outcome, durationMs, rows, errorCode, parameters } = statement;
  json.raw(whoAndWhere(by));
  json.raw(outcomes[outcome]);
  json.milliseconds(durationMs);
  if (rows !== undefined) {
    json.raw(rowsName);
    json.number(rows);
  }
  if (errorCode !== undefined) json.utf8(`,"errorCode":${short(errorCode)}`);
  if (parameters !== undefined) json.utf8(`,"parameters":${list(parameters)}`);
  json.raw(textName);
  json.text(text, textLimit);
  if (text.length > textLimit || textBytes !== undefined || textHash !== undefined) {
    json.utf8(wholeOf(text, textBytes, textHash));
  }
}

/** Of a text that is cut here or was cut before: the length and the hash of all of it. */
function wholeOf(text: string, textBytes?: number, textHash?: string): string {
  const cut = text.length > textLimit;
  const bytes = textBytes ?? (cut ? Buffer.byteLength(text) : undefined);
  const digest = textHash ?? (cut ? hash('sha256', text, 'hex') : undefined);
  return (bytes === undefined ? '' : `,"textBytes":${bytes}`) + optional('textHash', digest);
}

/**
 * The fields that the statements of one session share. Escaping these nine texts again for each statement would cost
 * more than everything else here, so the result is kept as long as the session keeps the object.
 */
const shared = new WeakMap<StatementSubject, Buffer>();

function whoAndWhere(by: StatementSubject): Buffer {
  const known = shared.get(by);
  if (known !== undefined) return known;
  const json = `"type":"statement"${optional('person', by.person)}${optional('client', by.client)}${optional(
    'consent',
    by.consent,
  )}${optional('database', by.database)}${optional('role', by.role)}${optional('session', by.session)}${optional(
    'remoteAddress',
    by.remoteAddress,
  )}${optional('request', by.request)}${optional('upstreamPid', by.upstreamPid)}`;
  const bytes = Buffer.from(json);
  shared.set(by, bytes);
  return bytes;
}

function optional(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":${short(value)}`;
}

/** The names that the frame of a line has for itself. */
const frameNames = new Set(['sequence', 'at', 'hash']);

/** A statement's text that another event carries. */
function wholeText(text: string): string {
  return `,"text":${jsonText(text, textLimit)}${wholeOf(text)}`;
}

function otherFields(event: OtherEvent): string {
  const { type, ...fields } = event;
  let json = `"type":${short(type)}`;
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || frameNames.has(name)) continue;
    json += name === 'text' ? wholeText(String(value)) : `,${short(name)}:${fieldValue(value)}`;
  }
  return json;
}

function fieldValue(value: unknown): string {
  if (typeof value === 'string') return short(value);
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'null';
  return Array.isArray(value) ? list(value) : short(String(value));
}

/** The entries up to the limit of a text, so that no list makes a line that readers take for damage. */
function list(values: readonly (string | null)[]): string {
  let json = '[';
  for (const [index, value] of values.entries()) {
    if (index > 0) json += ',';
    if (json.length > textLimit) return `${json}"…"]`;
    json += value === null ? 'null' : short(value);
  }
  return `${json}]`;
}

function short(text: string): string {
  return jsonText(text, fieldLimit);
}
