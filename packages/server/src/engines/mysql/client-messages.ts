import { Refusal } from '../../core/index.ts';
import type { StatementObserver } from '../engine.ts';
import { type ClientReader, type ClientVerdict, mostTextBytes } from '../relaying/index.ts';
import { ClientCommands, type Passage } from './client-commands.ts';
import type { Conversation } from './conversation.ts';
import type { SessionReading } from './kill-guard.ts';
import { mostPacketBytes } from './protocol.ts';

/** Reads the client's packets as they pass: where commands and files begin and go on. */
export class ClientMessages implements ClientReader {
  readonly #conversation: Conversation;
  readonly #commands: ClientCommands;
  verdict: ClientVerdict | undefined;
  broken = false;
  /** The command goes on in the next packet. */
  #continues = false;
  #sequence = 0;
  /** We are working on the answer to the last command. */
  #ownAnswer = false;

  constructor(conversation: Conversation, observer: StatementObserver, reading: SessionReading) {
    this.#conversation = conversation;
    this.#commands = new ClientCommands(conversation, observer, reading);
  }

  /** The sequence id of an answer to the packet that came last. */
  get answerSequence(): number {
    return (this.#sequence + 1) & 0xff;
  }

  /** Whether the client waits for an answer that the server does not owe. */
  get awaitsAnswer(): boolean {
    return this.verdict !== undefined || this.#ownAnswer;
  }

  admitted(): void {
    this.verdict = undefined;
    this.#commands.admitted();
  }

  /** The server has given this number to what was prepared. */
  prepared(statementId: number): void {
    this.#commands.prepared(statementId);
  }

  header(sequence: number, bodyBytes: number): number {
    if (this.#conversation.upload !== undefined) return this.#fileHeader(sequence, bodyBytes);
    if (!this.#continues) {
      if (sequence !== 0) return this.#outOfOrder(sequence);
      if (bodyBytes === 0) return this.#refuse('a command is empty');
      return Math.min(bodyBytes, mostTextBytes + 1);
    }
    if (sequence !== this.answerSequence) return this.#outOfOrder(sequence);
    if (bodyBytes > 0) return 1;
    this.#continue(sequence, bodyBytes);
    return 0;
  }

  kept(sequence: number, bytes: Buffer, start: number, end: number, bodyBytes: number): boolean {
    if (!this.#continues) {
      this.#sequence = sequence;
      if (!this.#passes(this.#commands.begin(bytes, start, end, bodyBytes))) return false;
      this.#continues = bodyBytes === mostPacketBytes;
      return true;
    }
    if (!this.#passes(this.#commands.more(bytes, start, end))) return false;
    this.#continue(sequence, bodyBytes);
    return true;
  }

  rest(bytes: Buffer, start: number, end: number): void {
    // Packets of a file come here too, where they are cut; they are no part of the command that asked for them.
    if (this.#conversation.upload !== undefined) return;
    if (!this.#passes(this.#commands.more(bytes, start, end))) this.broken = true;
  }

  #passes(passage: Passage): boolean {
    if (passage === 'passes') return true;
    this.verdict = passage.kind === 'local' ? this.#answered(passage) : passage;
    return false;
  }

  #answered({ answer }: Extract<ClientVerdict, { kind: 'local' }>): ClientVerdict {
    return {
      kind: 'local',
      answer: async () => {
        this.#ownAnswer = true;
        const bytes = await answer();
        this.#ownAnswer = false;
        return bytes;
      },
    };
  }

  #continue(sequence: number, bodyBytes: number): void {
    this.#sequence = sequence;
    this.#continues = bodyBytes === mostPacketBytes;
    this.#commands.packet(bodyBytes, this.answerSequence);
  }

  /** A packet of the file that the server has asked for. Nothing of it is looked at. */
  #fileHeader(sequence: number, bodyBytes: number): number {
    if (!this.#conversation.uploaded(sequence, bodyBytes)) return this.#outOfOrder(sequence);
    this.#sequence = sequence;
    return 0;
  }

  #outOfOrder(sequence: number): -1 {
    this.#sequence = sequence;
    return this.#refuse('a packet is out of order');
  }

  #refuse(what: string): -1 {
    this.verdict = { kind: 'refused', refusal: new Refusal('protocol_violation', { what }) };
    return -1;
  }
}
