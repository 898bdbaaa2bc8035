import type { CancelOutcome } from '../engine.ts';
import type { Wire } from '../framing/index.ts';
import { WireUpstream } from '../relaying/index.ts';
import type { SessionReading } from './kill-guard.ts';
import { packet } from './packets.ts';
import { command } from './protocol.ts';
import { serverName } from './server-name.ts';
import { restoreSession, type SessionState } from './session-state.ts';
import { commandPayload, queryRow, runCommands } from './wire-commands.ts';

/** What the login has found out. */
export interface MysqlSession {
  readonly wire: Wire;
  /** The server's number of this session, for KILL. */
  readonly connectionId: number;
  /** What both sides of a relay have agreed on. */
  readonly capabilities: number;
  readonly database: string;
  readonly state: SessionState;
  readonly isMariaDb: boolean;
  /** Another session of the same login, for a KILL, which ends with the signal. @throws Refusal */
  readonly reopen: (signal: AbortSignal) => Promise<Wire>;
}

/** A logged-in connection to a MySQL or MariaDB server. */
export class MysqlUpstream extends WireUpstream {
  readonly pid: string;
  readonly capabilities: number;
  /** The status flags after the login. */
  readonly loginStatus: number;
  /** How the session reads statements, right after the login. */
  readonly reading: SessionReading;
  readonly #session: MysqlSession;

  constructor(session: MysqlSession) {
    super(session.wire);
    this.#session = session;
    this.pid = String(session.connectionId);
    this.capabilities = session.capabilities;
    this.loginStatus = session.state.status;
    this.reading = session.state.reading;
    this.release();
  }

  /** The server has marked the statement once it says OK; a mark on an idle session is dropped with its next command. */
  protected async askToCancel(signal: AbortSignal): Promise<CancelOutcome> {
    return await this.#kill('KILL QUERY', signal);
  }

  /** Kills the whole session: statements that were sent ahead would otherwise still run. */
  protected override async askToEnd(signal: AbortSignal): Promise<CancelOutcome> {
    return await this.#kill('KILL CONNECTION', signal);
  }

  protected override leave(): void {
    sayGoodbye(this.wire);
  }

  protected restore(): Promise<'clean' | 'dirty'> {
    return restoreSession(this.wire, this.#session.state, this.#session.database);
  }

  /**
   * Numbers are given by each server by itself. Behind something that spreads connections over several, the one that this
   * login gets to may have given ours to another person's session.
   */
  async #kill(statement: string, signal: AbortSignal): Promise<CancelOutcome> {
    const { connectionId, capabilities, isMariaDb, state, reopen } = this.#session;
    const wire = await reopen(signal).catch(() => undefined);
    if (wire === undefined) return 'not_asked';
    try {
      const [server] = (await queryRow(wire, `SELECT ${serverName(isMariaDb)}`, capabilities)) ?? [];
      if (server !== state.server) return 'not_asked';
      const sql = `${statement} ${connectionId}`;
      const answer = await runCommands(wire, [commandPayload(command.query, sql)]);
      return answer === 'failed' ? 'unsure' : 'taken';
    } finally {
      sayGoodbye(wire);
    }
  }
}

/** Leaves as the protocol wants it; servers log and count connections that just end. */
function sayGoodbye(wire: Wire): void {
  wire.write(packet(0, commandPayload(command.quit)));
  wire.socket.destroySoon();
}
