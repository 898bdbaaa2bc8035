import { once } from 'node:events';
import type pg from 'pg';
import { bytesOf, sync, terminate } from '../../support/postgres-messages.ts';
import { RawPostgres, type RawPostgresOptions, requestCancel, sqlstate } from '../../support/raw-postgres.ts';
import type { DifferentialRun } from '../transcribe.ts';
import { writeInPieces } from '../write-in-pieces.ts';
import { AnswerLines } from './answer-line.ts';
import type { PostgresStep, Until } from './steps.ts';

/** How long an answer may take before the case fails. */
const answerMs = 20_000;

/** Where the clients of a run connect, and how. */
export interface PostgresRunOptions {
  readonly target: RawPostgresOptions;
  /** The login that the clients have in the database. */
  readonly login: string;
  /** Sees and ends sessions. */
  readonly superuser: pg.Client;
  /** Cuts what a client writes into pieces of this many bytes, each a write of its own. */
  readonly pieceBytes?: number;
}

interface Connected {
  readonly client: RawPostgres;
  readonly key: Buffer;
}

/** One run of a case with raw clients. */
export class PostgresRun implements DifferentialRun<PostgresStep> {
  readonly errors: string[] = [];
  readonly #options: PostgresRunOptions;
  readonly #lines = new AnswerLines();
  readonly #clients = new Map<string, Connected>();

  constructor(options: PostgresRunOptions) {
    this.#options = options;
  }

  async perform(step: PostgresStep): Promise<readonly string[]> {
    switch (step.kind) {
      case 'say': {
        const greeting = await this.#connect(step.on);
        const { client } = this.#client(step.on);
        await writeInPieces(client, bytesOf(...step.calls), this.#options.pieceBytes);
        return [...greeting, ...(await this.#read(client, step.until))];
      }
      case 'cancel': {
        const { host, port } = this.#options.target;
        await requestCancel(host, port, this.#client(step.on).key);
        return [];
      }
      case 'await':
        await this.#await(step.rows);
        return [];
      case 'superuser':
        await this.#options.superuser.query(this.#withLogin(step.sql));
        return [];
    }
  }

  async end(): Promise<readonly string[]> {
    const lines: string[] = [];
    for (const [name, { client }] of this.#clients) {
      lines.push(name);
      // Whatever somebody had sent too much stands before the answer to this.
      if (!client.closed) client.write(bytesOf(sync));
      lines.push(...(await this.#read(client, { type: 'Z', count: 1 })));
      if (client.closed) continue;
      client.write(bytesOf(terminate));
      client.socket.end();
      await once(client.socket, 'close');
    }
    this.#clients.clear();
    return lines;
  }

  async #connect(name: string): Promise<readonly string[]> {
    if (this.#clients.has(name)) return [];
    const { client, greeting } = await RawPostgres.connect(this.#options.target);
    const key = greeting.find(({ type }) => type === 'K')?.body;
    if (key === undefined) throw new Error(`no login: ${greeting.map((one) => this.#lines.line(one))}`);
    this.#clients.set(name, { client, key });
    // How a password is proved is the one thing that the two ways do not share.
    return greeting.filter(({ type }) => type !== 'R').map((message) => this.#lines.line(message));
  }

  #client(name: string): Connected {
    const connected = this.#clients.get(name);
    if (connected === undefined) throw new TypeError(`no client ${name} is connected`);
    return connected;
  }

  async #read(client: RawPostgres, until: Until): Promise<readonly string[]> {
    const lines: string[] = [];
    let left = until === 'closed' ? Number.POSITIVE_INFINITY : until.count;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      client.close();
    }, answerMs);
    try {
      while (left > 0) {
        const message = await client.read();
        if (message.type === 'E') this.errors.push(sqlstate(message));
        if (until !== 'closed' && message.type === until.type) left -= 1;
        lines.push(this.#lines.line(message));
      }
      return lines;
    } catch {
      if (late) throw new Error(`no more came within ${answerMs} ms than:\n${lines.join('\n')}`);
      return [...lines, 'closed'];
    } finally {
      clearTimeout(timer);
    }
  }

  async #await(rows: string): Promise<void> {
    const deadline = Date.now() + answerMs;
    while (Date.now() < deadline) {
      const { rowCount } = await this.#options.superuser.query(this.#withLogin(rows));
      if ((rowCount ?? 0) > 0) return;
    }
    throw new Error(`never true: ${rows}`);
  }

  #withLogin(text: string): string {
    return text.replaceAll('$login', `'${this.#options.login}'`);
  }
}
