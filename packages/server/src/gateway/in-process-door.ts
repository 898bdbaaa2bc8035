import type { Duplex } from 'node:stream';
import type { EngineName } from '../core/index.ts';

/**
 * The door for callers inside the process (the HTTP API, later MCP): a byte stream that behaves like a socket to
 * the engine's listener, so that a driver signs in with the caller's token and everything else is the same session.
 */
export interface InProcessDoor {
  /** Opens a stream to the engine's door. `remoteAddress` is the HTTP caller's, for the audit. */
  open(engine: EngineName, remoteAddress: string): Duplex;
}
