import type { Command } from '../command.ts';
import { type CommandHandler, CommandScanner, type Decision } from '../command-scanner.ts';
import { sessionLimits } from '../protocol.ts';
import { type LongCommand, mostKeptBytes } from './long-command.ts';
import type { Sent } from './routed-session.ts';

const limits = { ...sessionLimits, heldBytes: mostKeptBytes };

const nothing = Buffer.alloc(0);

/** Whom the commands are for, and who knows whether there is room for more. */
export interface CommandTaker {
  /** Nothing is taken any more. */
  readonly over: boolean;
  /** Whether what was sent takes all the room that there is. */
  readonly full: boolean;
  /** Whether a command that had to wait may be looked at again. */
  readonly mayGoOn: boolean;
  /** One command. `wait` asks for it again; `streams` when it goes on as it comes. */
  take(command: Command): Sent | 'streams';
  /** The bytes are no commands. */
  lose(): void;
}

/**
 * Takes a client's commands from the relay, one after the other. Before one that must wait it stops, and takes no more
 * until that one has gone.
 */
export class CommandIntake implements CommandHandler {
  readonly #taker: CommandTaker;
  readonly #long: LongCommand;
  readonly #scanner = new CommandScanner(this, limits);
  /** What is asked now must not overtake what has no answer yet. */
  #settling = false;
  #held = false;
  /** The scanner is at work on what came. */
  #scanning = false;
  /** Tells the relay that it may send more. */
  #taken: (() => void) | undefined;

  constructor(taker: CommandTaker, long: LongCommand) {
    this.#taker = taker;
    this.#long = long;
  }

  received(bytes: Buffer, taken: () => void): void {
    this.#taken = taken;
    this.#push(() => this.#scanner.push(bytes));
    this.goOn();
  }

  command(command: Command): Decision {
    // The end of a long command leaves only when the scanner has gone over all that came.
    if (this.#settling || this.#long.underWay) return 'stop';
    const sent = this.#taker.take(command);
    return sent === 'wait' ? 'stop' : sent === 'streams' ? 'pass' : nothing;
  }

  /** The relay before us lets no such bytes through. */
  malformed(): void {
    this.#taker.lose();
  }

  /** Takes nothing until {@link CommandIntake.settled}. */
  settle(): void {
    this.#settling = true;
  }

  /** Everything is answered. */
  settled(): void {
    this.#settling = false;
  }

  /** Takes nothing until {@link CommandIntake.release}. */
  hold(): void {
    this.#held = true;
  }

  /** Looks at once at the command that waits. */
  release(): void {
    this.#held = false;
    if (!this.#taker.over) this.#again();
  }

  /** Takes more, as long as everybody keeps up. */
  goOn(): void {
    if (this.#taker.over || this.#scanning) return;
    if (this.#scanner.stopped) {
      if (!this.#held && !this.#settling && this.#taker.mayGoOn) this.#again();
      return;
    }
    if (this.#taker.full) return;
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
  }

  #again(): void {
    if (!this.#scanner.stopped) return;
    this.#push(() => this.#scanner.again());
    this.goOn();
  }

  /** What is kept was sent when it was decided; only what streams comes out of the scanner. */
  #push(scan: () => Buffer): void {
    this.#scanning = true;
    const streamed = scan();
    this.#scanning = false;
    if (streamed.length > 0) this.#long.pass(streamed);
    if (this.#scanner.atBorder) this.#long.ended();
  }
}
