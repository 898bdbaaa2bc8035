import type { Duplex } from 'node:stream';
import { Refusal, toRefusal } from '../../core/index.ts';
import type { Relay, RelayEnd } from '../engine.ts';
import { endBoundUnread, endWith, writeThisTurn } from '../framing/index.ts';
import type { FrameHandler, MessageScanner } from './frame-scanner.ts';
import type { WireUpstream } from './wire-upstream.ts';

/** Why the scan of the client's messages stopped before one of them. */
export type ClientVerdict =
  | { readonly kind: 'terminated' }
  /** The session ends here: at once, or when everything before it has been answered. */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly inTurn?: true }
  /** The message waits until it has been recorded; then `admitted()` and scan again. */
  | { readonly kind: 'admission'; readonly admission: Promise<void> }
  /** The message waits until everything before it has been answered; then scan again. */
  | { readonly kind: 'turn' }
  /** The server never sees the message. Once everything before it has been answered, and the client reads, it is answered here. */
  | { readonly kind: 'local'; readonly answer: () => Promise<Buffer> };

/** Reads the client's messages as they pass. */
export interface ClientSide {
  verdict: ClientVerdict | undefined;
  /** The message that waited for its record may pass now. */
  admitted(): void;
}

/** Reads the server's messages as they pass. */
export interface ServerSide {
  /** Set to stop before the next message. */
  halted: boolean;
  /** The server said itself why it ends the connection. */
  readonly fatal: boolean;
  /** What the client is told when the scan stopped, if that is not that the server is lost. */
  readonly refusal?: Refusal | undefined;
  /** False while what passed ends within a message that goes on in the next frame. */
  readonly betweenMessages: boolean;
}

/** The two readers of a protocol whose messages have a length: what a `FrameScanner` asks, too. */
export interface ClientReader extends ClientSide, FrameHandler {}
/** {@link ClientReader} for what the server sends. */
export interface ServerReader extends ServerSide, FrameHandler {}

/** What both sides have said to each other, as far as every relay asks. */
export interface Exchange {
  /** Nothing is asked, open, half done or in doubt. */
  readonly idle: boolean;
  /** Messages that the server still has to answer. */
  readonly unanswered: number;
  /** Statements that were forwarded. */
  readonly statements: number;
  /** What the observer threw: the session must end. */
  readonly failure: unknown;
  /** The session is over: what the server did not answer is recorded as unfinished. */
  abandon(): void;
}

/** What a protocol brings to its relay. */
export interface RelayParts {
  readonly client: Duplex;
  readonly upstream: WireUpstream;
  readonly fromClient: ClientSide;
  readonly fromServer: ServerSide;
  /** Each walks over what its side says, and asks the reader of that side. */
  readonly clientScanner: MessageScanner;
  readonly serverScanner: MessageScanner;
  readonly exchange: Exchange;
  /** A refusal as the protocol's error, to stand where the conversation is now. */
  lastWords(refusal: Refusal): Buffer;
}

/**
 * A client that sends without reading answers is not read any more at this many messages without one. A server
 * flushes its answers every few KiB, so that it never waits for more of them.
 */
const mostUnanswered = 16_384;

type Cause = RelayEnd['cause'];

/** Carries messages both ways: bytes as they are, looked at by header, until one side ends. */
export class MessageRelay implements Relay {
  readonly ended: Promise<RelayEnd>;
  readonly #parts: RelayParts;
  readonly #client: Duplex;
  readonly #upstream: WireUpstream;
  readonly #clientScanner: MessageScanner;
  readonly #serverScanner: MessageScanner;
  readonly #resolveEnded: (end: RelayEnd) => void;
  /** The refusal that the client is told at the next border, and why. */
  #parting: { readonly refusal: Refusal; readonly cause: Cause } | undefined;
  #over = false;
  #upstreamCongested = false;
  /** A message of the client must not pass yet. */
  #holding = false;
  /** We are working on an answer of our own, which may still ask the server something. */
  #answering = false;
  #cancelled = false;

  constructor(parts: RelayParts) {
    const { client, upstream, clientScanner, serverScanner } = parts;
    this.#parts = parts;
    this.#client = client;
    this.#upstream = upstream;
    this.#clientScanner = clientScanner;
    this.#serverScanner = serverScanner;
    const { promise, resolve } = Promise.withResolvers<RelayEnd>();
    this.ended = promise;
    this.#resolveEnded = resolve;
  }

  get statements(): number {
    return this.#parts.exchange.statements;
  }

  /** Begins to carry. Call it once. */
  start(): this {
    const client = this.#client;
    endBoundUnread(client);
    client.on('data', this.#fromClient);
    client.on('drain', this.#clientDrained);
    client.on('end', this.#clientLeft);
    client.on('error', this.#clientLeft);
    client.on('close', this.#clientLeft);
    this.#upstream.lend({
      received: this.#fromServer,
      ended: this.#serverGone,
      drained: this.#upstreamDrained,
    });
    if (client.destroyed || client.readableEnded) this.#clientLeft();
    else client.resume();
    return this;
  }

  stop(refusal: Refusal, deadlineMs: number): Promise<void> {
    if (!this.#over) {
      const force = setTimeout(() => {
        this.#finish('stopped', Buffer.alloc(0));
        this.#client.destroy();
      }, deadlineMs);
      void this.ended.then(() => clearTimeout(force));
      this.#part(refusal, 'stopped');
    }
    return this.ended.then(() => undefined);
  }

  readonly #fromClient = (chunk: Buffer): void => {
    if (this.#over || this.#parting !== undefined) return;
    this.#forward(this.#clientScanner.push(chunk));
  };

  #forward(bytes: Buffer): void {
    if (bytes.length > 0 && !this.#upstream.wire.write(bytes)) this.#upstreamCongested = true;
    if (this.#clientScanner.stopped) this.#clientStopped();
    else this.#regulateClient();
  }

  #clientStopped(): void {
    const { verdict } = this.#parts.fromClient;
    switch (verdict?.kind) {
      case undefined: {
        const what = 'a message has an impossible length';
        this.#part(new Refusal('protocol_violation', { what }), 'protocol_violation');
        break;
      }
      case 'terminated':
        this.#clientLeft();
        break;
      case 'refused':
        if (verdict.inTurn !== true) this.#part(verdict.refusal, 'protocol_violation');
        else {
          this.#hold();
          this.#takeTurn();
        }
        break;
      case 'admission':
        this.#hold();
        verdict.admission.then(
          () => {
            this.#parts.fromClient.admitted();
            this.#letPass(() => this.#clientScanner.again());
          },
          (thrown) => this.#part(toRefusal(thrown, ''), 'stopped'),
        );
        break;
      default:
        this.#hold();
        this.#takeTurn();
    }
  }

  #hold(): void {
    this.#holding = true;
    this.#client.pause();
  }

  #letPass(next: () => Buffer): void {
    this.#holding = false;
    if (this.#over || this.#parting !== undefined) return;
    this.#parts.fromClient.verdict = undefined;
    this.#forward(next());
  }

  /** Goes on with a message that waits for its turn, once everything before it has been answered. */
  #takeTurn(): void {
    const { fromClient, exchange } = this.#parts;
    const { verdict } = fromClient;
    if (exchange.unanswered > 0 || !this.#atBorder) return;
    if (verdict?.kind === 'turn') this.#letPass(() => this.#clientScanner.again());
    if (verdict?.kind === 'refused') this.#part(verdict.refusal, 'protocol_violation');
    // Holding the server back bounds what waits for a client that does not read; no server stands behind these answers.
    if (verdict?.kind !== 'local' || this.#client.writableNeedDrain) return;
    // From here on it is being answered, and no turn is waited for.
    fromClient.verdict = undefined;
    this.#answering = true;
    verdict.answer().then(
      (answer) => {
        this.#answering = false;
        this.#letPass(() => {
          writeThisTurn(this.#client, answer);
          return this.#clientScanner.skip();
        });
      },
      (thrown) => {
        this.#answering = false;
        this.#part(toRefusal(thrown, ''), 'stopped');
      },
    );
  }

  /** Reads from the client exactly while the other side keeps up. */
  #regulateClient(): void {
    const unanswered = this.#parts.exchange.unanswered;
    const wait = this.#holding || this.#upstreamCongested || unanswered >= mostUnanswered;
    if (wait) this.#client.pause();
    else if (this.#client.isPaused()) this.#client.resume();
  }

  readonly #fromServer = (chunk: Buffer): void => {
    if (this.#over) return;
    const bytes = this.#serverScanner.push(chunk);
    if (bytes.length > 0 && !writeThisTurn(this.#client, bytes)) this.#upstream.wire.socket.pause();
    const { failure } = this.#parts.exchange;
    if (this.#parting !== undefined) this.#partAtBorder();
    else if (failure !== undefined) this.#part(toRefusal(failure, ''), 'stopped');
    else if (this.#serverScanner.stopped) {
      this.#part(this.#parts.fromServer.refusal ?? new Refusal('upstream_lost'), 'upstream_lost');
    } else if (this.#client.isPaused()) {
      if (this.#holding) this.#takeTurn();
      this.#regulateClient();
    }
  };

  readonly #upstreamDrained = (): void => {
    this.#upstreamCongested = false;
    if (!this.#over && this.#parting === undefined) this.#regulateClient();
  };

  /** The server is gone. If it said why, the client has that already. */
  readonly #serverGone = (): void => {
    if (this.#over) return;
    const cause = this.#parting?.cause ?? 'upstream_lost';
    const silent = this.#parts.fromServer.fatal || !this.#atBorder;
    const refusal = this.#parting?.refusal ?? new Refusal('upstream_lost');
    this.#finish(cause, silent ? Buffer.alloc(0) : this.#parts.lastWords(refusal));
  };

  readonly #clientDrained = (): void => {
    if (this.#over) return;
    this.#upstream.wire.socket.resume();
    if (this.#holding && this.#parting === undefined) this.#takeTurn();
  };

  readonly #clientLeft = (): void => {
    if (this.#over) return;
    this.#finish(this.#parting?.cause ?? 'client_left', Buffer.alloc(0));
  };

  /** Where something of our own may be said to the client. */
  get #atBorder(): boolean {
    return this.#serverScanner.atBorder && this.#parts.fromServer.betweenMessages;
  }

  /** Ends from our side: nothing more goes to the server, and the client is told between two messages. */
  #part(refusal: Refusal, cause: Cause): void {
    if (this.#over || this.#parting !== undefined) return;
    this.#parting = { refusal, cause };
    this.#parts.fromServer.halted = true;
    // Read on, without looking: only so does it show when the client leaves.
    this.#client.resume();
    if (!this.#atBorder) this.#cancelRunning();
    this.#partAtBorder();
  }

  #partAtBorder(): void {
    if (this.#parting === undefined || !this.#atBorder) return;
    this.#finish(this.#parting.cause, this.#parts.lastWords(this.#parting.refusal));
  }

  /** The one end of every session. What runs is cancelled; the connection goes back only when it is proved idle. */
  #finish(cause: Cause, lastWords: Buffer): void {
    if (this.#over) return;
    this.#over = true;
    const client = this.#client;
    client.off('data', this.#fromClient);
    client.off('drain', this.#clientDrained);
    client.off('end', this.#clientLeft);
    client.off('close', this.#clientLeft);

    const { exchange } = this.#parts;
    const idle = this.#proveIdle();
    if (idle) this.#upstream.release();
    else if (exchange.unanswered > 0 && !this.#upstream.closed) this.#upstream.abandon();
    else this.#upstream.close();
    exchange.abandon();
    void endWith(client, lastWords).then(() => this.#resolveEnded({ cause, idle }));
  }

  /** Without it the server would go on until it has something to send, and may then have changed data. */
  #cancelRunning(): void {
    if (this.#cancelled || this.#upstream.closed || this.#parts.exchange.unanswered === 0) return;
    this.#cancelled = true;
    void this.#upstream.cancel();
  }

  #proveIdle(): boolean {
    return (
      !this.#upstream.closed &&
      !this.#answering &&
      this.#parts.exchange.idle &&
      this.#clientScanner.atBorder &&
      this.#serverScanner.atBorder &&
      this.#serverScanner.heldBytes === 0
    );
  }
}
