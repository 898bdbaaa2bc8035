import { type Database, newUuid, type Secret } from '../../../core/index.ts';
import { ServerBrokeProtocol, type Wire } from '../../framing/index.ts';
import { ByteReader } from '../byte-reader.ts';
import { offeredCapabilities } from '../client-settings.ts';
import { logIn } from '../connect.ts';
import { capability, command, reply } from '../protocol.ts';
import { parseServerError, ServerFailure } from '../server-error.ts';
import { commandPayload, overWire, serverExchange } from '../wire-commands.ts';
import type { Product } from './product.ts';

/** All that one plan or apply may take. */
const longestMs = 120_000;
/** utf8mb4_general_ci, which both products know. */
const collation = 45;
/** The server then refuses more than one statement in a text. */
const capabilities = offeredCapabilities & ~capability.multiStatements & ~capability.sessionTrack;
/** More than any privilege table has; a server may not fill our memory. */
const mostRows = 100_000;

/** One row in the text protocol; null is NULL. */
export type Row = readonly (string | null)[];

/** A statement that the server refused. */
export class StatementFailure extends ServerFailure {
  readonly sqlstate: string;

  constructor(payload: Buffer) {
    super(parseServerError(payload));
    this.sqlstate = /^#([0-9A-Z]{5})/.exec(payload.toString('latin1', 3, 9))?.[1] ?? 'HY000';
  }
}

/**
 * A connection as one account, for statements of our own. It logs in by the code of people's sessions, so that it knows
 * the same plugins and trusts the server exactly as far.
 */
export class ServerSession {
  readonly product: Product;
  readonly #wire: Wire;

  private constructor(wire: Wire, product: Product) {
    this.#wire = wire;
    this.product = product;
  }

  /**
   * The session may take `withinMs` with all that it does.
   * @throws Refusal with the server's own error as the cause, ServerBrokeProtocol, PayloadTooShort
   */
  static async open(
    database: Database,
    login: string,
    password: Secret,
    withinMs = longestMs,
  ): Promise<ServerSession> {
    const { wire, greeting } = await logIn(
      { database, login, password, request: newUuid() },
      { capabilities, collation, program: 'grantway roles' },
      AbortSignal.timeout(withinMs),
    );
    return new ServerSession(wire, greeting.isMariaDb ? 'mariadb' : 'mysql');
  }

  /** Runs one statement; no rows when it has none. @throws StatementFailure, ServerBrokeProtocol, PayloadTooShort */
  async query(sql: string): Promise<readonly Row[]> {
    const exchange = serverExchange(overWire(this.#wire));
    const receive = async (): Promise<Buffer> => {
      const payload = await exchange.receive();
      if (payload === 'ended') throw new ServerBrokeProtocol('the server ended the connection');
      if (payload[0] === reply.error) throw new StatementFailure(payload);
      return payload;
    };
    exchange.send(commandPayload(command.query, sql));
    const head = await receive();
    if (head[0] === reply.ok) return [];
    if (head[0] === reply.localInfile) throw new ServerBrokeProtocol('the server asks for a file of ours');
    const columns = new ByteReader(head).lengthEncoded();
    for (let left = columns; left > 0; left -= 1) await receive();

    const rows: Row[] = [];
    for (;;) {
      const payload = await receive();
      if (payload[0] === reply.eof) return rows;
      if (rows.length === mostRows) throw new ServerBrokeProtocol(`more than ${mostRows} rows`);
      const reader = new ByteReader(payload);
      rows.push(Array.from({ length: columns }, () => utf8(reader.nullableText())));
    }
  }

  close(): void {
    this.#wire.close();
  }
}

function utf8(bytes: string | null): string | null {
  return bytes === null ? null : Buffer.from(bytes, 'latin1').toString('utf8');
}
