import { type Answer, AnswerReader } from '../../differential/mysql/answer-reader.ts';
import type { Command } from '../../differential/mysql/commands.ts';
import { commandBytes, type PacketClient } from '../../support/differential-mysql-client.ts';
import { type SessionParts, TalkingSession } from '../talking-session.ts';
import { SessionEnded } from '../violation.ts';
import type { Exchange } from './exchange.ts';

/** What a session is made of. */
export interface MysqlSessionParts extends SessionParts {
  readonly client: PacketClient;
  readonly capabilities: number;
  readonly product: 'mysql' | 'mariadb';
  /** As the gateway gave it: the number that KILL takes. */
  readonly connectionId: number;
  /** Another client of the same person, to kill with. */
  readonly another: () => Promise<MysqlSession>;
  /** The number of a live session of somebody else; 0 when there is none. */
  readonly stranger: () => number;
  /** Called when it is over. */
  readonly ended: () => void;
}

/** How the gateway ends a session. */
const lastWords = /\[(access_revoked|upstream_lost)\]$/;
/** Errors of a server for whose session somebody has asked the end. */
const lastErrors: ReadonlySet<number> = new Set([1053, 1317, 1927, 2013, 3169, 4031]);

/** A signed-in client, with what it must remember to know the right answers. */
export class MysqlSession extends TalkingSession<Exchange, Answer, MysqlSessionParts> {
  /** The server's numbers of prepared statements, by the names that the acts give them. */
  readonly statements = new Map<string, number>();
  /** Which of the known texts each prepared statement has. */
  readonly prepared = new Map<string, number>();
  /** The variable that is the session's own; empty until it is set. */
  marker = '';
  readonly #reader: AnswerReader;

  constructor(parts: MysqlSessionParts) {
    super(parts);
    this.#reader = new AnswerReader(() => parts.client.read(), parts.capabilities);
  }

  get client(): PacketClient {
    return this.parts.client;
  }

  say(exchanges: readonly Exchange[]): void {
    this.client.write(Buffer.concat(exchanges.map(({ command }) => this.bytesOf(command))));
  }

  bytesOf({ code, payload }: Command): Buffer {
    return commandBytes(Buffer.concat([Buffer.of(code), payload(this.statements)]));
  }

  close(): void {
    this.parts.ended();
    this.client.close();
  }

  protected async answerTo({ command }: Exchange): Promise<Answer> {
    const answer = await this.read(command);
    if (command.prepares !== undefined && answer.statementId !== undefined) {
      this.statements.set(command.prepares, answer.statementId);
    }
    const last = answer.errors.at(-1);
    if (last === undefined) return answer;
    const killed = lastErrors.has(last) && this.parts.killSwitch.excuses(this.backend);
    const lastLine = answer.lines.at(-1) ?? '';
    if (killed || lastWords.test(lastLine)) throw new SessionEnded(String(last), lastLine);
    return answer;
  }

  /** The answer to one command. @throws SessionEnded when the connection ends before */
  async read(command: Command): Promise<Answer> {
    try {
      return await this.#reader.read(command);
    } catch (thrown) {
      if (!this.client.closed) throw thrown;
      throw new SessionEnded(String(this.#reader.errors.at(-1) ?? ''), this.#reader.lines.slice(-1).join());
    }
  }
}
