import type { Wire } from '../framing/index.ts';
import { WireUpstream } from '../relaying/index.ts';
import type { SessionReading } from './kill-guard.ts';
import { packet } from './packets.ts';
import { command } from './protocol.ts';
import { restoreSession, type SessionState } from './session-state.ts';
import { commandPayload, runCommands } from './wire-commands.ts';

/** What the login has found out. */
export interface MysqlSession {
  readonly wire: Wire;
  /** The server's number of this session, for KILL. */
  readonly connectionId: number;
  /** What both sides of a relay have agreed on. */
  readonly capabilities: number;
  readonly database: string;
  readonly state: SessionState;
  /**
   * Another session of the same login, for a KILL. A kept one would be the pool's to give, which an engine does not know,
   * and whoever has one session has none that is kept.
   */
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
  protected async askToCancel(signal: AbortSignal): Promise<'taken' | 'unsure'> {
    return await this.#kill('KILL QUERY', signal);
  }

  /** Kills the whole session: statements that were sent ahead would otherwise still run. */
  override abandon(): void {
    void this.#kill('KILL CONNECTION', AbortSignal.timeout(killMs)).catch(() => {});
    this.close();
  }

  protected override leave(): void {
    sayGoodbye(this.wire);
  }

  protected restore(): Promise<'clean' | 'dirty'> {
    return restoreSession(this.wire, this.#session.state, this.#session.database);
  }

  /** A server has nothing to say to an idle session, except that it ends it. */
  protected idleWatch(spoilt: () => void) {
    let over = false;
    const end = () => {
      if (over) return;
      over = true;
      spoilt();
    };
    return { received: end, ended: end, drained: () => {} };
  }

  async #kill(statement: string, signal: AbortSignal): Promise<'taken' | 'unsure'> {
    const wire = await this.#session.reopen(signal);
    try {
      const sql = `${statement} ${this.#session.connectionId}`;
      const answer = await runCommands(wire, [commandPayload(command.query, sql)]);
      return answer === 'failed' ? 'unsure' : 'taken';
    } finally {
      sayGoodbye(wire);
    }
  }
}

/** How long a kill may take that nobody waits for. */
const killMs = 5_000;

/** Leaves as the protocol wants it; servers log and count connections that just end. */
function sayGoodbye(wire: Wire): void {
  wire.write(packet(0, commandPayload(command.quit)));
  wire.socket.destroySoon();
}
