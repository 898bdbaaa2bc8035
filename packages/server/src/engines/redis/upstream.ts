import type { CancelOutcome, LoginRenewal } from '../engine.ts';
import type { Wire } from '../framing/index.ts';
import { WireUpstream } from '../relaying/index.ts';
import type { ConnectionSettings } from './client-settings.ts';
import { type LoginCommands, loginCommands, type UpstreamIdentity } from './login-commands.ts';
import { parseFields } from './reply.ts';
import { resetSession } from './reset.ts';
import type { Followed } from './sentinels/index.ts';

/** A logged-in connection to a Redis or Valkey server. */
export class RedisUpstream extends WireUpstream implements Followed {
  readonly pid: string;
  /** The server's answer to HELLO, as the client gets it that asked for the same. */
  readonly greeting: Buffer;
  #identity: UpstreamIdentity;
  /** The connection that this one is a seat of. */
  #shared: RedisUpstream | undefined;
  #onDemotion: (() => void) | undefined;
  #isDemoted = false;

  /** `id` is the server's own for the connection. */
  constructor(wire: Wire, identity: UpstreamIdentity, id: string, greeting: Buffer) {
    super(wire);
    this.#identity = identity;
    this.pid = id;
    this.greeting = greeting;
    this.release();
  }

  /** The same login as its user sees it who talks over `wire`, behind which somebody shares this connection out. */
  seenThrough(wire: Wire): RedisUpstream {
    const seat = new RedisUpstream(wire, this.#identity, this.pid, this.greeting);
    seat.#shared = this;
    return seat;
  }

  /** Whether the server took writes when the login was made. */
  get wasPrimary(): boolean {
    return parseFields(this.greeting)?.get('role') === 'master';
  }

  /** Calls `listener` in the place of a close when the server is no primary any more; undefined: nobody relays now. */
  onDemotion(listener: (() => void) | undefined): void {
    this.#onDemotion = listener;
  }

  /** The server is no primary any more: ends the session that has this connection, and nobody else gets it. */
  demoted(): void {
    this.#isDemoted = true;
    if (this.#onDemotion === undefined) this.close();
    else this.#onDemotion();
    this.#shared?.demoted();
  }

  /** A session that was told to end is proved idle, too. */
  override release(): void {
    if (this.#isDemoted) this.close();
    else super.release();
  }

  onOver(listener: () => void): void {
    this.wire.socket.once('close', listener);
  }

  get login(): string {
    return this.#identity.login;
  }

  get renewal(): LoginRenewal | undefined {
    return this.#identity.renewal;
  }

  /** Signed in again: from now on a reset signs in with this. */
  renewed(fresh: Pick<UpstreamIdentity, 'password' | 'renewal'>): void {
    this.#identity = { ...this.#identity, ...fresh };
  }

  get database(): string {
    return this.#identity.database;
  }

  get allowedCommands(): ReadonlySet<string> {
    return this.#identity.allowedCommands;
  }

  /** Logs in again as the same user, after RESET made it another. */
  loginCommands(settings: ConnectionSettings): LoginCommands {
    return loginCommands(this.#identity, settings);
  }

  /** No protocol message cancels a command. The server gives up a blocked one when its connection closes. */
  protected async askToCancel(): Promise<CancelOutcome> {
    return 'unsure';
  }

  protected restore(): Promise<'clean' | 'dirty'> {
    return resetSession(this.wire, this.loginCommands(this.#identity.settings));
  }
}
