import type { Duplex } from 'node:stream';
import { Refusal, toRefusal } from '../../core/index.ts';
import type { Client, Relay, RelayEnd, StatementObserver, Upstream } from '../engine.ts';
import { endWith, writeThisTurn } from '../framing/index.ts';
import { FrameScanner } from '../relaying/index.ts';
import { PostgresClient } from './client.ts';
import { ClientMessages } from './client-messages.ts';
import { Conversation } from './conversation.ts';
import { frameLayout } from './frame-layout.ts';
import { fatalError } from './messages.ts';
import { ServerMessages } from './server-messages.ts';
import { textEncoding } from './text-encoding.ts';
import { PostgresUpstream } from './upstream.ts';

/**
 * A client that sends without reading answers is not read any more at this many messages without one. The server
 * flushes its answers every 8 KiB, so that it never waits for more of them.
 */
const mostUnanswered = 16_384;

/** Carries messages both ways: bytes as they are, looked at by header, until one side ends. */
export function relay(client: Client, upstream: Upstream, observer: StatementObserver): Relay {
  if (!(client instanceof PostgresClient) || !(upstream instanceof PostgresUpstream)) {
    throw new TypeError('a PostgreSQL relay needs a PostgreSQL client and upstream');
  }
  const running = new PostgresRelay(client, upstream, observer);
  running.start();
  return running;
}

type Cause = RelayEnd['cause'];

class PostgresRelay implements Relay {
  readonly ended: Promise<RelayEnd>;
  readonly #client: Duplex;
  readonly #upstream: PostgresUpstream;
  readonly #conversation: Conversation;
  readonly #clientMessages: ClientMessages;
  readonly #serverMessages: ServerMessages;
  readonly #clientScanner: FrameScanner;
  readonly #serverScanner: FrameScanner;
  readonly #resolveEnded: (end: RelayEnd) => void;
  /** The refusal that the client is told at the next border, and why. */
  #parting: { readonly refusal: Refusal; readonly cause: Cause } | undefined;
  #over = false;
  #upstreamCongested = false;
  #admitting = false;
  #cancelled = false;

  constructor(client: PostgresClient, upstream: PostgresUpstream, observer: StatementObserver) {
    const { parameters } = upstream;
    const encoding = () => textEncoding(parameters.get('client_encoding'));
    this.#client = client.socket;
    this.#upstream = upstream;
    this.#conversation = new Conversation(observer);
    this.#clientMessages = new ClientMessages(this.#conversation, observer, encoding());
    this.#serverMessages = new ServerMessages(
      this.#conversation,
      parameters,
      observer.wantsParameters,
      () => {
        this.#clientMessages.encoding = encoding();
      },
    );
    this.#clientScanner = new FrameScanner(frameLayout, this.#clientMessages);
    this.#serverScanner = new FrameScanner(frameLayout, this.#serverMessages);
    const { promise, resolve } = Promise.withResolvers<RelayEnd>();
    this.ended = promise;
    this.#resolveEnded = resolve;
  }

  get statements(): number {
    return this.#conversation.statements;
  }

  start(): void {
    const client = this.#client;
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
    const { verdict } = this.#clientMessages;
    if (verdict === undefined) {
      const what = 'a message has an impossible length';
      this.#part(new Refusal('protocol_violation', { what }), 'protocol_violation');
    } else if (verdict.kind === 'terminated') this.#clientLeft();
    else if (verdict.kind === 'refused') this.#part(verdict.refusal, 'protocol_violation');
    else {
      this.#admitting = true;
      this.#client.pause();
      verdict.admission.then(
        () => this.#admitted(),
        (thrown) => this.#part(toRefusal(thrown, ''), 'stopped'),
      );
    }
  }

  #admitted(): void {
    this.#admitting = false;
    if (this.#over || this.#parting !== undefined) return;
    this.#clientMessages.admitted();
    this.#forward(this.#clientScanner.again());
  }

  /** Reads from the client exactly while the other side keeps up. */
  #regulateClient(): void {
    const wait =
      this.#admitting || this.#upstreamCongested || this.#conversation.unanswered >= mostUnanswered;
    if (wait) this.#client.pause();
    else if (this.#client.isPaused()) this.#client.resume();
  }

  readonly #fromServer = (chunk: Buffer): void => {
    if (this.#over) return;
    const bytes = this.#serverScanner.push(chunk);
    if (bytes.length > 0 && !writeThisTurn(this.#client, bytes)) this.#upstream.wire.socket.pause();
    const { failure } = this.#conversation;
    if (this.#parting !== undefined) this.#partAtBorder();
    else if (failure !== undefined) this.#part(toRefusal(failure, ''), 'stopped');
    else if (this.#serverScanner.stopped) this.#part(new Refusal('upstream_lost'), 'upstream_lost');
    else if (this.#client.isPaused()) this.#regulateClient();
  };

  readonly #upstreamDrained = (): void => {
    this.#upstreamCongested = false;
    if (!this.#over && this.#parting === undefined) this.#regulateClient();
  };

  /** The server is gone. If it said why, the client has that already. */
  readonly #serverGone = (): void => {
    if (this.#over) return;
    const cause = this.#parting?.cause ?? 'upstream_lost';
    const silent = this.#serverMessages.fatal || !this.#serverScanner.atBorder;
    const refusal = this.#parting?.refusal ?? new Refusal('upstream_lost');
    this.#finish(cause, silent ? Buffer.alloc(0) : fatalError(refusal));
  };

  readonly #clientDrained = (): void => {
    if (!this.#over) this.#upstream.wire.socket.resume();
  };

  readonly #clientLeft = (): void => {
    if (this.#over) return;
    this.#finish(this.#parting?.cause ?? 'client_left', Buffer.alloc(0));
  };

  /** Ends from our side: nothing more goes to the server, and the client is told between two messages. */
  #part(refusal: Refusal, cause: Cause): void {
    if (this.#over || this.#parting !== undefined) return;
    this.#parting = { refusal, cause };
    this.#serverMessages.halted = true;
    // Read on, without looking: only so does it show when the client leaves.
    this.#client.resume();
    if (!this.#serverScanner.atBorder) this.#cancelRunning();
    this.#partAtBorder();
  }

  #partAtBorder(): void {
    if (this.#parting === undefined || !this.#serverScanner.atBorder) return;
    this.#finish(this.#parting.cause, fatalError(this.#parting.refusal));
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

    const idle = this.#proveIdle();
    if (idle) this.#upstream.release();
    else {
      this.#cancelRunning();
      this.#upstream.close();
    }
    this.#conversation.abandon();
    void endWith(client, lastWords).then(() => this.#resolveEnded({ cause, idle }));
  }

  /** Without it the server would go on until it has something to send, and may then have changed data. */
  #cancelRunning(): void {
    if (this.#cancelled || this.#upstream.closed || this.#conversation.unanswered === 0) return;
    this.#cancelled = true;
    void this.#upstream.cancel();
  }

  #proveIdle(): boolean {
    return (
      !this.#upstream.closed &&
      this.#conversation.idle &&
      this.#clientScanner.atBorder &&
      this.#serverScanner.atBorder &&
      this.#serverScanner.heldBytes === 0
    );
  }
}
