import { toRefusal } from '../../../core/index.ts';
import type { Lease, LeftState } from '../../engine.ts';
import { Wire } from '../../framing/index.ts';
import type { Command } from '../command.ts';
import { type CommandHandler, CommandScanner, type Decision } from '../command-scanner.ts';
import { refusalReply } from '../messages.ts';
import { sessionLimits } from '../protocol.ts';
import { RedisUpstream } from '../upstream.ts';
import { OwnConnection } from './own-connection.ts';
import { type SeatEnd, SeatSocket } from './seat-socket.ts';
import type { SharedConnection, Sharer } from './shared-connection.ts';
import { type Sharing, sharingOf } from './sharing.ts';

/** A longer command goes over a connection of its own, as it comes. */
const limits = { ...sessionLimits, heldBytes: 262_144 };
/** Commands without a reply, of one client on the shared connection. */
const mostUnanswered = 1_024;
/** Bytes that wait for a client before the server is not read any more. */
const mostWaiting = 1_048_576;
/** How long everybody else waits for a client that does not read. */
const mostStallMs = 5_000;

/** Where one client's relay talks to: as long as it can on the shared connection, and else on one of its own. */
export class Seat implements SeatEnd, CommandHandler, Sharer {
  readonly #shared: SharedConnection;
  readonly #acquire: () => Promise<Lease>;
  readonly #socket = new SeatSocket(this);
  readonly #wire = new Wire(this.#socket);
  readonly #scanner = new CommandScanner(this, limits);
  #own: OwnConnection | undefined;
  #over = false;
  /** Lets the relay send more. */
  #taken: (() => void) | undefined;
  /** On the shared connection; and of those the ones that `push` has let through and that are not sent yet. */
  #unanswered = 0;
  #passed = 0;
  #paused = false;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #stall: NodeJS.Timeout | undefined;
  #moving = false;

  constructor(shared: SharedConnection, acquire: () => Promise<Lease>) {
    this.#shared = shared;
    this.#acquire = acquire;
    shared.join(this);
    if (shared.over) this.lost();
  }

  /** What the session is served with. Its upstream ends when the seat does. */
  lease(): Lease {
    return {
      upstream: this.#shared.upstream.seenThrough(this.#wire),
      login: this.#shared.login,
      release: async (state) => this.#leave(state),
    };
  }

  received(bytes: Buffer, taken: () => void): void {
    this.#taken = taken;
    this.#forward(this.#scanner.push(bytes));
  }

  command(command: Command): Decision {
    const sharing = sharingOf(command, this.#shared.upstream.database);
    if (this.#own !== undefined) return this.#ownCommand(sharing);
    if (sharing !== 'any' && !Buffer.isBuffer(sharing)) return 'stop';
    this.#passed += 1;
    return sharing === 'any' ? 'pass' : sharing;
  }

  #ownCommand(sharing: Sharing): Decision {
    this.#own?.sent(sharing);
    return Buffer.isBuffer(sharing) ? sharing : 'pass';
  }

  /** The relay lets nothing through that is no command. */
  malformed(): void {
    this.lost();
  }

  #forward(bytes: Buffer): void {
    if (this.#over) return;
    if (this.#own !== undefined) {
      if (bytes.length > 0 && !this.#own.upstream.wire.write(bytes)) return;
    } else {
      const passed = this.#passed;
      this.#passed = 0;
      this.#unanswered += passed;
      if (passed > 0) this.#shared.send(this, bytes, passed);
      if (this.#scanner.stopped) {
        this.#moveWhenAnswered();
        return;
      }
    }
    this.goOn();
  }

  /** Takes more from the relay, as long as everybody keeps up. */
  goOn(): void {
    const shared = this.#own === undefined;
    if (shared && (this.#shared.congested || this.#unanswered >= mostUnanswered)) return;
    if (this.#over || this.#scanner.stopped || this.#waitingBytes > mostWaiting) return;
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
  }

  /** From the shared connection: bytes of our replies, and how many end in them. */
  told(bytes: Buffer, replies: number): void {
    if (this.#over) return;
    this.#unanswered -= replies;
    this.#tell(bytes);
    if (this.#scanner.stopped) this.#moveWhenAnswered();
    else if (replies > 0) this.goOn();
  }

  #tell(bytes: Buffer): void {
    if (!this.#paused) {
      this.#wire.receive(bytes);
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#own !== undefined || this.#waitingBytes <= mostWaiting || this.#stall !== undefined) return;
    this.#shared.stall(this);
    this.#stall = setTimeout(() => this.lost(), mostStallMs).unref();
  }

  paused(): void {
    this.#paused = true;
    this.#own?.upstream.wire.socket.pause();
  }

  resumed(): void {
    this.#paused = false;
    while (this.#waiting.length > 0 && !this.#paused) {
      const [next] = this.#waiting.splice(0, 1);
      this.#waitingBytes -= next?.length ?? 0;
      if (next !== undefined) this.#wire.receive(next);
    }
    if (this.#paused || this.#over) return;
    clearTimeout(this.#stall);
    this.#stall = undefined;
    this.#shared.flow(this);
    this.#own?.upstream.wire.socket.resume();
    this.goOn();
  }

  /** Everything before is answered first, so that the client's commands run in its order. */
  #moveWhenAnswered(): void {
    if (this.#unanswered > 0 || this.#moving || this.#over) return;
    this.#moving = true;
    this.#acquire().then(
      (lease) => this.#move(lease),
      (thrown) => {
        if (this.#over) return;
        this.#wire.receive(refusalReply(toRefusal(thrown, '')));
        this.lost();
      },
    );
  }

  #move(lease: Lease): void {
    this.#moving = false;
    const { upstream } = lease;
    if (this.#over || !(upstream instanceof RedisUpstream)) {
      void lease.release(this.#over ? 'idle' : 'doubtful');
      this.lost();
      return;
    }
    const own = new OwnConnection(lease, upstream);
    this.#own = own;
    upstream.lend({
      received: (bytes) => this.#heard(own, bytes),
      ended: () => this.lost(),
      drained: () => this.goOn(),
    });
    if (this.#paused) upstream.wire.socket.pause();
    this.#forward(this.#scanner.again());
  }

  #heard(own: OwnConnection, bytes: Buffer): void {
    if (this.#over) return;
    own.heard(bytes);
    this.#tell(bytes);
    // Back, when nothing of the client is left there. A reset follows in any case.
    const between = this.#scanner.atBorder && this.#scanner.heldBytes === 0 && this.#taken === undefined;
    if (this.#over || this.#own !== own || !own.spare || !between || this.#paused) return;
    this.#own = undefined;
    own.release('idle');
  }

  /** The server is lost to this client, or the client was too slow. */
  lost(): void {
    this.#socket.destroy();
  }

  closed(): void {
    this.#leave('doubtful');
  }

  #leave(state: LeftState): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#stall);
    this.#waiting = [];
    const { atBorder, heldBytes } = this.#scanner;
    this.#own?.release(state === 'idle' && atBorder && heldBytes === 0 ? 'idle' : 'doubtful');
    this.#own = undefined;
    this.#shared.leave(this);
    this.#socket.destroy();
  }
}
