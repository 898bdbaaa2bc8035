import type { Duplex } from 'node:stream';
import type { EngineName, Refusal } from '../core/index.ts';

/**
 * The door for callers inside the process (the HTTP API, later MCP): a byte stream that behaves like a socket to
 * the engine's listener, so that a driver signs in with the caller's token and everything else is the same session.
 */
export interface InProcessDoor {
  /** Opens a stream to the engine's door. `remoteAddress` is the HTTP caller's, for the audit. */
  open(engine: EngineName, remoteAddress: string, demand?: SessionDemand): Duplex;
}

/** What an in-process caller asks of its session beside the bytes; a wire protocol has no place for it. */
export interface SessionDemand {
  /** Becomes `PolicyRequest.roleDemanded`: the session is refused when the token does not hold this role. */
  readonly role?: string;
  /** Called at most once, with the refusal that the session also answers or ends with in the wire protocol. */
  readonly refused?: (refusal: Refusal) => void;
}
