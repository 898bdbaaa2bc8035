import { once } from 'node:events';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { capability, command, status } from '../../../packages/server/src/engines/mysql/protocol.ts';
import {
  commandBytes,
  PacketClient,
  type PacketClientOptions,
} from '../../support/differential-mysql-client.ts';
import type { DifferentialRun } from '../transcribe.ts';
import { writeInPieces } from '../write-in-pieces.ts';
import { AnswerReader } from './answer-reader.ts';
import { type Command, ping, query } from './commands.ts';
import type { Hearing, MysqlStep } from './steps.ts';

/** How long an answer may take before the case fails. */
const answerMs = 20_000;

/** Where the clients of a run connect, and how. */
export interface MysqlRunOptions {
  readonly target: PacketClientOptions;
  /** The login that the clients have in the database. */
  readonly login: string;
  /** Sees and ends sessions. */
  readonly administrator: Connection;
  /** Cuts what a client writes into pieces of this many bytes, each a write of its own. */
  readonly pieceBytes?: number;
}

interface Connected {
  readonly client: PacketClient;
  readonly reader: AnswerReader;
  readonly connectionId: number;
  /** The server's own number of the connection. */
  readonly serverId: number;
  readonly statements: Map<string, number>;
  readonly unheard: Command[];
}

/** One run of a case with raw clients. */
export class MysqlRun implements DifferentialRun<MysqlStep> {
  readonly #options: MysqlRunOptions;
  readonly #errors: string[] = [];
  readonly #clients = new Map<string, Connected>();

  constructor(options: MysqlRunOptions) {
    this.#options = options;
  }

  get errors(): readonly string[] {
    return this.#errors;
  }

  async perform(step: MysqlStep): Promise<readonly string[]> {
    switch (step.kind) {
      case 'say':
        return await this.#say(step.on, step.commands, step.hear);
      case 'hear':
        return await this.#hear(this.#client(step.on), step.toTheEnd);
      case 'kill': {
        const { connectionId } = this.#client(step.on);
        return await this.#say(step.by, [query(`KILL ${step.what} ${connectionId}`)], 'answers');
      }
      case 'await':
        await this.#await(step.rows);
        return [];
      case 'administrator':
        await this.#options.administrator.query(this.#filledIn(step.sql));
        return [];
    }
  }

  async end(): Promise<readonly string[]> {
    const lines: string[] = [];
    for (const [name, connected] of this.#clients) {
      const { client } = connected;
      lines.push(name);
      if (client.closed) {
        lines.push('closed');
        continue;
      }
      // Whatever somebody had sent too much stands before the answer to this.
      lines.push(...(await this.#say(name, [ping], 'answers')));
      client.write(commandBytes(Buffer.of(command.quit)));
      client.socket.end();
      if (!client.closed) await once(client.socket, 'close');
    }
    this.#clients.clear();
    return lines;
  }

  async #say(on: string, commands: readonly Command[], hear: Hearing): Promise<readonly string[]> {
    const greeting = await this.#connect(on);
    const connected = this.#client(on);
    const bytes = commands.map(({ code, payload }) =>
      commandBytes(Buffer.concat([Buffer.of(code), payload(connected.statements)])),
    );
    await writeInPieces(connected.client, Buffer.concat(bytes), this.#options.pieceBytes);
    connected.unheard.push(...commands);
    if (hear === 'later') return greeting;
    return [...greeting, ...(await this.#hear(connected, hear === 'closed'))];
  }

  async #connect(name: string): Promise<readonly string[]> {
    if (this.#clients.has(name)) return [];
    const { target } = this.#options;
    const { client, connectionId, status: welcome } = await PacketClient.connect(target);
    const reader = new AnswerReader(() => client.read(), target.capabilities);
    const statements = new Map<string, number>();
    const connected = { client, reader, connectionId, statements, unheard: [] };
    client.write(
      commandBytes(Buffer.concat([Buffer.of(command.query), Buffer.from('SELECT CONNECTION_ID()')])),
    );
    const { lines } = await reader.read(query(''));
    const serverId = Number(/^Row "(\d+)"/m.exec(lines.join('\n'))?.[1]);
    this.#clients.set(name, { ...connected, serverId });
    // Of what the server's OK says besides, Grantway tells its clients nothing.
    return [`welcome with status 0x${(welcome & ~status.sessionStateChanged).toString(16)}`];
  }

  #client(name: string): Connected {
    const connected = this.#clients.get(name);
    if (connected === undefined) throw new TypeError(`no client ${name} is connected`);
    return connected;
  }

  /** All answers that are outstanding, and all that comes behind them when the server is to close. */
  async #hear(connected: Connected, toTheEnd: boolean): Promise<readonly string[]> {
    const { client, reader, unheard, statements } = connected;
    const lines: string[] = [];
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      client.close();
    }, answerMs);
    try {
      for (const asked of unheard.splice(0)) {
        const answer = await reader.read(asked);
        lines.push(...answer.lines);
        this.#noteErrors(answer.errors);
        if (asked.prepares !== undefined && answer.statementId !== undefined) {
          statements.set(asked.prepares, answer.statementId);
        }
      }
      for (;;) {
        if (!toTheEnd) return lines;
        const answer = await reader.read({ answer: 'ok' });
        lines.push('unasked:', ...answer.lines);
        this.#noteErrors(answer.errors);
      }
    } catch (thrown) {
      if (!client.closed) throw thrown;
      if (late)
        throw new Error(
          `no more came within ${answerMs} ms than:\n${[...lines, ...reader.lines].join('\n')}`,
        );
      this.#noteErrors(reader.errors);
      return [...withoutOurs([...lines, ...reader.lines]), 'closed'];
    } finally {
      clearTimeout(timer);
    }
  }

  #noteErrors(errnos: readonly number[]): void {
    this.#errors.push(...errnos.filter((errno) => errno !== lostErrno).map(String));
  }

  async #await(rows: string): Promise<void> {
    const deadline = Date.now() + answerMs;
    while (Date.now() < deadline) {
      const [found] = await this.#options.administrator.query<RowDataPacket[]>(this.#filledIn(rows));
      if (found.length > 0) return;
    }
    throw new Error(`never true: ${rows}`);
  }

  #filledIn(text: string): string {
    const { serverId } = this.#clients.get('main') ?? {};
    return text.replaceAll('$login', this.#options.login).replaceAll('$id', String(serverId));
  }
}

/**
 * A server that is killed or waited too long just closes. Grantway says then that it has lost the database, which is
 * the one thing that it adds.
 */
function withoutOurs(lines: readonly string[]): readonly string[] {
  let rest = lines;
  for (const own of [/\[upstream_lost\]$/, /^from sequence/, /^unasked:$/]) {
    if (own.test(rest.at(-1) ?? '')) rest = rest.slice(0, -1);
    else if (rest === lines) return lines;
  }
  return rest;
}

/** The error number of what Grantway says then. No server uses it. */
const lostErrno = 2013;

/** Capabilities that change how answers look, by how clients of today and of yesterday have them. */
export const framings = {
  modern:
    capability.deprecateEof |
    capability.sessionTrack |
    capability.multiStatements |
    capability.multiResults |
    capability.preparedMultiResults,
  old: capability.multiStatements | capability.multiResults | capability.preparedMultiResults,
} as const;
