import { Refusal } from '../../core/index.ts';
import type { StatementObserver } from '../engine.ts';
import {
  type ClientReader,
  type ClientVerdict,
  mostTextBytes,
  RecentNames,
  StatementText,
  type TextEncoding,
} from '../relaying/index.ts';
import { boundParameters } from './bound-parameters.ts';
import type { Conversation } from './conversation.ts';
import { fromClient } from './protocol.ts';
import { inForce, type Prepared, type Running, running } from './statement.ts';

/** Names of statements and portals, which the server itself cuts at 63 bytes. */
const mostNameBytes = 1_024;
const nameKeyBytes = 63;
const mostParameterBytes = 65_536;

/** Reads the client's messages as they pass: what is run, under which name, with which values. */
export class ClientMessages implements ClientReader {
  readonly #conversation: Conversation;
  readonly #observer: StatementObserver;
  /** How the client's strings are encoded now. */
  encoding: TextEncoding;
  verdict: ClientVerdict | undefined;
  readonly #prepared = new RecentNames<Prepared>();
  readonly #portals = new RecentNames<Running>();
  #unnamedPrepared: Prepared | undefined;
  #unnamedPortal: Running | undefined;
  /** A text that is longer than what is kept, while the rest of it passes. */
  #longText: StatementText | undefined;
  #admitted = false;

  constructor(conversation: Conversation, observer: StatementObserver, encoding: TextEncoding) {
    this.#conversation = conversation;
    this.#observer = observer;
    this.encoding = encoding;
    conversation.onIdle = () => this.#portals.clear();
  }

  /** The message that waited for its record may pass now. */
  admitted(): void {
    this.verdict = undefined;
    this.#admitted = true;
  }

  header(type: number, bodyBytes: number): number {
    this.#longText = undefined;
    switch (type) {
      case fromClient.query:
        return this.#keep(bodyBytes, 1, mostTextBytes + 1);
      case fromClient.bind:
        return this.#keep(
          bodyBytes,
          2,
          this.#observer.wantsParameters ? mostParameterBytes : 2 * mostNameBytes,
        );
      case fromClient.execute:
        return this.#keep(bodyBytes, 5, mostNameBytes);
      case fromClient.parse:
        return this.#keep(bodyBytes, 4, mostTextBytes + mostNameBytes);
      case fromClient.describe:
      case fromClient.close:
        return this.#keep(bodyBytes, 2, mostNameBytes);
      case fromClient.functionCall:
        return this.#keep(bodyBytes, 10, this.#observer.wantsParameters ? mostParameterBytes : 4);
      case fromClient.copyData:
        return 0;
      case fromClient.copyFail:
        this.#conversation.copyEnd();
        return 0;
      case fromClient.sync:
        if (bodyBytes === 0) this.#conversation.sync();
        break;
      case fromClient.flush:
        if (bodyBytes === 0) this.#conversation.flush();
        break;
      case fromClient.copyDone:
        if (bodyBytes === 0) this.#conversation.copyEnd();
        break;
      case fromClient.terminate:
        this.verdict = { kind: 'terminated' };
        return -1;
      default:
        return this.#refuse(`type ${type} is no message of a client`);
    }
    return bodyBytes === 0 ? 0 : this.#refuse(`a message of type ${type} has no body`);
  }

  kept(type: number, bytes: Buffer, start: number, end: number): boolean {
    switch (type) {
      case fromClient.query:
        return this.#query(bytes, start, end);
      case fromClient.parse:
        return this.#parse(bytes, start, end);
      case fromClient.bind:
        return this.#bind(bytes, start, end);
      case fromClient.execute:
        return this.#execute(bytes, start, end);
      case fromClient.functionCall:
        return this.#functionCall(bytes, start, end);
      default:
        return this.#describeOrClose(type, bytes, start, end);
    }
  }

  rest(bytes: Buffer, start: number, end: number): void {
    const text = this.#longText;
    if (text === undefined) return;
    const nul = nulIn(bytes, start, end);
    text.feed(bytes, start, nul ?? end);
    if (nul !== undefined) text.close();
  }

  #query(bytes: Buffer, start: number, end: number): boolean {
    const text = this.#text(bytes, start, end);
    const statement = running(text);
    if (!this.#admit(text.text, undefined)) return false;
    this.#conversation.statement(fromClient.query, statement);
    return true;
  }

  #parse(bytes: Buffer, start: number, end: number): boolean {
    const nameEnd = this.#stringEnd(bytes, start, end);
    if (nameEnd === -1) return false;
    const name = nameKey(bytes, start, nameEnd);
    const text = this.#text(bytes, nameEnd + 1, end);
    const known = name === '' ? this.#unnamedPrepared : this.#prepared.get(name);
    const prepared: Prepared = {
      kind: 'prepared',
      text,
      types: this.#observer.wantsParameters ? declaredTypes(bytes, nameEnd + 1, end) : [],
      replaced: known === undefined ? undefined : inForce(known),
      refused: false,
    };
    if (name === '') this.#unnamedPrepared = prepared;
    else this.#prepared.set(name, prepared, text.text.length);
    this.#conversation.ask(fromClient.parse, prepared);
    return true;
  }

  #bind(bytes: Buffer, start: number, end: number): boolean {
    const portalEnd = this.#stringEnd(bytes, start, end);
    if (portalEnd === -1) return false;
    const nameEnd = this.#stringEnd(bytes, portalEnd + 1, end);
    if (nameEnd === -1) return false;
    const prepared = this.#preparedAs(nameKey(bytes, portalEnd + 1, nameEnd));
    if (prepared === undefined) return false;
    const parameters = this.#observer.wantsParameters
      ? boundParameters(bytes, nameEnd + 1, end, prepared.types)
      : undefined;
    if (!this.#admit(inForce(prepared).text.text, parameters)) return false;

    const portal = running(prepared.text, parameters, prepared);
    const name = nameKey(bytes, start, portalEnd);
    const known = name === '' ? this.#unnamedPortal : this.#portals.get(name);
    portal.replaced = known === undefined ? undefined : inForce(known);
    if (name === '') this.#unnamedPortal = portal;
    else this.#portals.set(name, portal, JSON.stringify(parameters ?? '').length);
    this.#conversation.ask(fromClient.bind, portal);
    return true;
  }

  #execute(bytes: Buffer, start: number, end: number): boolean {
    const nameEnd = this.#stringEnd(bytes, start, end);
    if (nameEnd === -1) return false;
    const name = nameKey(bytes, start, nameEnd);
    const portal = name === '' ? this.#unnamedPortal : this.#portals.get(name);
    if (portal === undefined) {
      if (this.#portals.forgot) return this.#forgotten('portal');
      // A cursor that SQL declared: its DECLARE has a record of its own.
      const text = new StatementText(`FETCH FROM ${JSON.stringify(name)}`);
      if (!this.#admit(text.text, undefined)) return false;
      this.#conversation.execute(running(text));
      return true;
    }
    // Each Execute of a portal that is fetched in portions is a record of its own.
    const fresh =
      portal.startedAt === 0 ? portal : { ...portal, rows: undefined, errorCode: undefined, recorded: false };
    this.#conversation.execute(fresh);
    return true;
  }

  #functionCall(bytes: Buffer, start: number, end: number): boolean {
    const text = new StatementText(`function call ${bytes.readUInt32BE(start)}`);
    const parameters = this.#observer.wantsParameters
      ? boundParameters(bytes, start + 4, end, [])
      : undefined;
    if (!this.#admit(text.text, parameters)) return false;
    this.#conversation.statement(fromClient.functionCall, running(text, parameters));
    return true;
  }

  #describeOrClose(type: number, bytes: Buffer, start: number, end: number): boolean {
    const nameEnd = this.#stringEnd(bytes, start + 1, end);
    if (nameEnd === -1) return false;
    const name = nameKey(bytes, start + 1, nameEnd);
    const isPortal = bytes[start] === portalMark;
    if (type === fromClient.describe) {
      const described = name === '' ? this.#unnamedPrepared : this.#prepared.get(name);
      this.#conversation.ask(type, isPortal ? undefined : described);
      return true;
    }
    const from = isPortal ? this.#portals : this.#prepared;
    const closed = name === '' ? undefined : from.get(name);
    this.#conversation.ask(
      fromClient.close,
      closed === undefined ? undefined : { kind: 'closing', name, from, closed },
    );
    return true;
  }

  /**
   * What a Bind names. A name that we never saw was given by SQL (`PREPARE`), whose text has a record of its own.
   * Undefined after a refusal: running a text that nobody remembers would leave a hole in the audit.
   */
  #preparedAs(name: string): Prepared | undefined {
    const known = name === '' ? this.#unnamedPrepared : this.#prepared.get(name);
    const actual = known === undefined ? undefined : inForce(known);
    if (actual !== undefined && !(actual.refused && known !== actual)) return known;
    if (this.#prepared.forgot) {
      this.#forgotten('statement');
      return undefined;
    }
    const text = new StatementText(`EXECUTE ${JSON.stringify(name)}`);
    return { kind: 'prepared', text, types: [], replaced: undefined, refused: false };
  }

  #forgotten(what: string): false {
    const refusal = new Refusal('feature_not_offered', {
      what: `Running a prepared ${what} after megabytes of others were prepared`,
    });
    this.verdict = { kind: 'refused', refusal };
    return false;
  }

  /** False while the statement must wait for its record. */
  #admit(text: string, parameters: readonly (string | null)[] | undefined): boolean {
    const { admit } = this.#observer;
    if (admit === undefined) return true;
    if (this.#admitted) {
      this.#admitted = false;
      return true;
    }
    this.verdict = { kind: 'admission', admission: admit(text, parameters) };
    return false;
  }

  #text(bytes: Buffer, start: number, end: number): StatementText {
    const nul = nulIn(bytes, start, end);
    const text = StatementText.read(bytes, start, nul ?? end, this.encoding, nul !== undefined);
    if (text.open) this.#longText = text;
    return text;
  }

  #keep(bodyBytes: number, least: number, most: number): number {
    if (bodyBytes < least) return this.#refuse('a message is shorter than its fields');
    return bodyBytes < most ? bodyBytes : most;
  }

  #stringEnd(bytes: Buffer, start: number, end: number): number {
    return nulIn(bytes, start, end) ?? this.#refuse('a name has no end');
  }

  #refuse(what: string): -1 {
    this.verdict = { kind: 'refused', refusal: new Refusal('protocol_violation', { what }) };
    return -1;
  }
}

const portalMark = 0x50;

function nulIn(bytes: Buffer, start: number, end: number): number | undefined {
  // Most names are empty or a few bytes, and looking at those costs less than calling the runtime's search.
  const near = Math.min(end, start + nameKeyBytes);
  for (let at = start; at < near; at += 1) if (bytes[at] === 0) return at;
  const nul = bytes.indexOf(0, near);
  return nul !== -1 && nul < end ? nul : undefined;
}

function nameKey(bytes: Buffer, start: number, end: number): string {
  if (start === end) return '';
  return bytes.toString('latin1', start, Math.min(end, start + nameKeyBytes));
}

/** The parameter types that a Parse declares behind its text, as far as they stand in what was kept. */
function declaredTypes(bytes: Buffer, textStart: number, end: number): readonly number[] {
  const textEnd = bytes.indexOf(0, textStart);
  const at = textEnd + 3;
  if (textEnd === -1 || at > end) return [];
  return objectIds(bytes, at, Math.min(end, at + 4 * bytes.readUInt16BE(at - 2)));
}

/** Object ids, four bytes each. */
export function objectIds(bytes: Buffer, start: number, end: number): readonly number[] {
  const ids: number[] = [];
  for (let at = start; at + 4 <= end; at += 4) ids.push(bytes.readUInt32BE(at));
  return ids;
}
