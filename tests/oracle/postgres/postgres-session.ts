import { bytesOf } from '../../support/postgres-messages.ts';
import type { RawPostgres } from '../../support/raw-postgres.ts';
import { type SessionParts, TalkingSession } from '../talking-session.ts';
import type { Exchange } from './exchange.ts';
import { type Reply, readReply } from './reply.ts';

/** What a session is made of. */
export interface PostgresSessionParts extends SessionParts {
  readonly client: RawPostgres;
  /** As the gateway gave it. */
  readonly cancelKey: Buffer;
  /** Sends a CancelRequest to the gateway. */
  readonly cancel: (key: Buffer) => Promise<void>;
}

/** A signed-in client, with what it must remember to know the right answers. */
export class PostgresSession extends TalkingSession<Exchange, Reply, PostgresSessionParts> {
  /** Which of the known texts each prepared statement has. */
  readonly prepared = new Map<string, number>();
  /** The setting that is the session's own; empty until it is set. */
  marker = '';

  get client(): RawPostgres {
    return this.parts.client;
  }

  say(exchanges: readonly Exchange[]): void {
    this.client.write(bytesOf(...exchanges.flatMap(({ calls }) => calls)));
  }

  close(): void {
    this.client.close();
  }

  protected async answerTo(): Promise<Reply> {
    return await readReply(this.client);
  }
}
