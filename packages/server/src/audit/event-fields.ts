import { hash } from 'node:crypto';
import type { AuditEvent, OtherEvent, StatementEvent, StatementSubject } from './event.ts';
import { jsonText } from './json-text.ts';

/** The most characters of a statement's text, and of a list, that a record keeps; hash and length of the whole text stay. */
const textLimit = 65_536;
/** The most characters of any other text. */
const fieldLimit = 2_048;

/** The event as the inside of a JSON object: `"type":"…",…`, without braces. Every text is bounded and escaped. */
export function eventFields(event: AuditEvent): string {
  return event.type === 'statement' ? statementFields(event) : otherFields(event);
}

/** The hot path: one of these for each statement that anybody runs, so it is spelled out. */
function statementFields({ by, statement }: StatementEvent): string {
  const { outcome, durationMs, rows, errorCode, parameters } = statement;
  let json = `${whoAndWhere(by)},"outcome":"${outcome}","durationMs":${microseconds(durationMs)}`;
  if (rows !== undefined) json += `,"rows":${rows}`;
  if (errorCode !== undefined) json += `,"errorCode":${short(errorCode)}`;
  if (parameters !== undefined) json += `,"parameters":${list(parameters)}`;
  return json + wholeText(statement.text, statement.textBytes, statement.textHash);
}

/** A statement's text. When it is cut here or was cut before, the length and the hash of all of it stand beside it. */
function wholeText(text: string, textBytes?: number, textHash?: string): string {
  let json = `,"text":${jsonText(text, textLimit)}`;
  const cut = text.length > textLimit;
  const bytes = textBytes ?? (cut ? Buffer.byteLength(text) : undefined);
  const digest = textHash ?? (cut ? hash('sha256', text, 'hex') : undefined);
  if (bytes !== undefined) json += `,"textBytes":${bytes}`;
  if (digest !== undefined) json += `,"textHash":${short(digest)}`;
  return json;
}

/**
 * The fields that the statements of one session share. Escaping these nine texts again for each statement would cost
 * more than everything else here, so the result is kept as long as the session keeps the object.
 */
const shared = new WeakMap<StatementSubject, string>();

function whoAndWhere(by: StatementSubject): string {
  const known = shared.get(by);
  if (known !== undefined) return known;
  const json = `"type":"statement"${optional('person', by.person)}${optional('client', by.client)}${optional(
    'consent',
    by.consent,
  )}${optional('database', by.database)}${optional('role', by.role)}${optional('session', by.session)}${optional(
    'remoteAddress',
    by.remoteAddress,
  )}${optional('request', by.request)}${optional('upstreamPid', by.upstreamPid)}`;
  shared.set(by, json);
  return json;
}

function optional(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":${short(value)}`;
}

/** The names that the frame of a line has for itself. */
const frameNames = new Set(['sequence', 'at', 'hash']);

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

/** Milliseconds with three decimals, which is what the clock is good for. */
function microseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
