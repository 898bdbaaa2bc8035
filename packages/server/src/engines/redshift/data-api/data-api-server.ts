import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { RedshiftDataClient } from '@aws-sdk/client-redshift-data';
import { readExactly } from '../../framing/index.ts';
import {
  authenticationOk,
  cStrings,
  fromClient,
  fromServer,
  message,
  parameterStatus,
  readyForQuery,
} from '../../postgres/for-variations.ts';
import { awsRefusal } from '../aws/index.ts';
import { type BoundStatement, bindParameters } from './bind-parameters.ts';
import { commandTag } from './command-tag.ts';
import { readErrorText } from './error-text.ts';
import { dataRow, errorResponse, readBoundValues, rowDescription } from './protocol-messages.ts';
import { runStatement, StatementFailed, type StatementOutcome } from './run-statement.ts';
import type { StatementTarget } from './statement-target.ts';

/** What the server runs statements with. */
export interface DataApiAccess {
  readonly client: RedshiftDataClient;
  readonly target: StatementTarget;
  /** The request id for refusals. */
  readonly request: string;
}

/** A statement of the HTTP API is at most a megabyte, and so are its values. */
const mostMessageBytes = 4 * 1024 * 1024;

/** A statement with its values, and what came of it once it ran. */
interface Portal {
  readonly statement: BoundStatement;
  readonly text: string;
  ran?: Promise<StatementOutcome>;
}

/**
 * The server's side of the protocol over a stream in memory: a login without proof (the AWS identity is the proof), and
 * the extended protocol for one statement at a time. The statement runs when its columns are asked for, or when it is
 * executed; a failure is always answered to the Execute, since that is what its record is about.
 */
export class DataApiServer {
  readonly #socket: Duplex;
  readonly #access: DataApiAccess;
  /** Aborts when the other side is gone. */
  readonly #gone = new AbortController();
  #text = '';
  #portal: Portal | undefined;
  /** After an error everything up to the next Sync is dropped. */
  #skipping = false;

  constructor(socket: Duplex, access: DataApiAccess) {
    this.#socket = socket;
    this.#access = access;
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#gone.abort());
  }

  /** Serves until the other side leaves. Never rejects. */
  async serve(): Promise<void> {
    if ((await this.#startup()) === 'ended') return;
    for (;;) {
      const header = await readExactly(this.#socket, 5);
      if (header === 'ended') return;
      const length = header.readUInt32BE(1) - 4;
      if (header[0] === fromClient.terminate || length < 0 || length > mostMessageBytes) return;
      const body = length === 0 ? Buffer.alloc(0) : await readExactly(this.#socket, length);
      if (body === 'ended') return;
      try {
        await this.#handle(header.readUInt8(0), body);
      } catch (thrown) {
        if (this.#gone.signal.aborted) return;
        this.#fail(thrown);
      }
    }
  }

  async #startup(): Promise<'in' | 'ended'> {
    const length = await readExactly(this.#socket, 4);
    if (length === 'ended') return 'ended';
    const rest = await readExactly(this.#socket, length.readUInt32BE(0) - 4);
    if (rest === 'ended') return 'ended';
    const reported = { client_encoding: 'UTF8', DateStyle: 'ISO, MDY', standard_conforming_strings: 'on' };
    this.#send(
      authenticationOk,
      ...Object.entries(reported).map(([name, value]) => parameterStatus(name, value)),
      readyForQuery,
    );
    return 'in';
  }

  async #handle(type: number, body: Buffer): Promise<void> {
    if (type === fromClient.sync) {
      this.#skipping = false;
      this.#send(readyForQuery);
      return;
    }
    if (this.#skipping) return;
    switch (type) {
      case fromClient.parse: {
        const start = body.indexOf(0) + 1;
        this.#text = body.toString('utf8', start, body.indexOf(0, start));
        this.#send(message(fromServer.parseComplete, Buffer.alloc(0)));
        return;
      }
      case fromClient.bind:
        this.#portal = { statement: bindParameters(this.#text, readBoundValues(body)), text: this.#text };
        this.#send(message(fromServer.bindComplete, Buffer.alloc(0)));
        return;
      case fromClient.describe:
        return await this.#describe();
      case fromClient.execute:
        return await this.#execute(body.readInt32BE(body.indexOf(0) + 1));
      case fromClient.close:
        this.#portal = undefined;
        this.#send(message(fromServer.closeComplete, Buffer.alloc(0)));
        return;
      case fromClient.flush:
        return;
      default:
        throw new StatementFailed('refused', 'Only single statements are offered here.');
    }
  }

  async #describe(): Promise<void> {
    const columns = await this.#run().then(
      (outcome) => outcome.columns,
      () => undefined,
    );
    this.#send(columns === undefined ? message(fromServer.noData, Buffer.alloc(0)) : rowDescription(columns));
  }

  async #execute(limit: number): Promise<void> {
    const { rows, changed } = await this.#run();
    let sent = 0;
    while (limit === 0 || sent < limit) {
      const next = await rows.next();
      if (next.done) {
        const tag = commandTag(this.#portal?.text ?? '', changed, sent);
        this.#send(message(fromServer.commandComplete, cStrings(tag)));
        return;
      }
      sent += 1;
      if (!this.#send(dataRow(next.value))) await this.#drained();
    }
    this.#send(message(fromServer.portalSuspended, Buffer.alloc(0)));
  }

  #run(): Promise<StatementOutcome> {
    const portal = this.#portal;
    if (portal === undefined) throw new StatementFailed('refused', 'There is no statement to run.');
    const { client, target } = this.#access;
    portal.ran ??= runStatement(client, target, portal.statement, this.#gone.signal);
    return portal.ran;
  }

  /**
   * The database's own error, with the SQLSTATE that its text names; or one of AWS, of class 08: the driver takes that for
   * a lost connection, so that AWS's words go to the log and not to the caller.
   */
  #fail(thrown: unknown): void {
    this.#skipping = true;
    if (thrown instanceof RangeError) this.#send(errorResponse('ERROR', '08P01', thrown.message));
    else if (thrown instanceof StatementFailed) {
      const { sqlstate, text } = readErrorText(thrown.message);
      this.#send(errorResponse('ERROR', thrown.outcome === 'cancelled' ? '57014' : sqlstate, text));
    } else {
      const refusal = awsRefusal('redshift-data', thrown, this.#access.request);
      const sqlstate = refusal.code === 'upstream_unreachable' ? '08006' : '08004';
      const { cause } = refusal;
      this.#send(errorResponse('FATAL', sqlstate, cause instanceof Error ? cause.message : refusal.message));
      this.#socket.end();
    }
  }

  #send(...bytes: readonly Buffer[]): boolean {
    return this.#socket.write(Buffer.concat(bytes));
  }

  /** Resolves when the other side has taken in what was sent, or is gone. */
  async #drained(): Promise<void> {
    await once(this.#socket, 'drain', { signal: this.#gone.signal }).catch(() => {});
  }
}
