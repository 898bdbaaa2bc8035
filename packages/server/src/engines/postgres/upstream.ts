import type { CancelOutcome } from '../engine.ts';
import type { Wire } from '../framing/index.ts';
import { WireUpstream } from '../relaying/index.ts';
import { cancelRequest } from './cancel.ts';
import { idleWatch } from './idle-watch.ts';
import { discardAll } from './reset.ts';

/** A logged-in connection to a PostgreSQL server. */
export class PostgresUpstream extends WireUpstream {
  readonly pid: string;
  /** As the server reported them last. */
  readonly parameters: Map<string, string>;
  readonly #key: Buffer;
  readonly #reopen: (signal: AbortSignal) => Promise<Wire>;
  readonly #reusable: boolean;

  constructor(
    wire: Wire,
    parameters: Map<string, string>,
    key: Buffer,
    reopen: (signal: AbortSignal) => Promise<Wire>,
    reusable: boolean,
  ) {
    super(wire);
    this.#reusable = reusable;
    this.parameters = parameters;
    this.#key = key;
    this.#reopen = reopen;
    this.pid = key.length === 0 ? '' : String(key.readInt32BE(0));
    this.release();
  }

  get user(): string | undefined {
    return this.parameters.get('session_authorization');
  }

  /** Sends the key and waits until the server closes that connection: only then has it signalled the backend. */
  protected async askToCancel(signal: AbortSignal): Promise<CancelOutcome> {
    if (this.#key.length === 0) return 'not_asked';
    const wire = await this.#reopen(signal).catch(() => undefined);
    if (wire === undefined) return 'not_asked';
    wire.write(cancelRequest(this.#key));
    const answer = await wire.read(1);
    wire.close();
    return answer === 'ended' && !signal.aborted ? 'taken' : 'unsure';
  }

  protected async restore(): Promise<'clean' | 'dirty'> {
    return this.#reusable ? await discardAll(this.wire, this.parameters) : 'dirty';
  }

  protected override idleWatch(spoilt: () => void) {
    return idleWatch(this.parameters, spoilt);
  }
}
