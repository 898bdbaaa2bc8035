import type { Duplex } from 'node:stream';
import type { ClientCertificate } from '../core/index.ts';
import type { Door, Engine } from '../engines/index.ts';
import type { SessionDemand } from './session-demand.ts';

/** One socket that came in, and what its door knows of it. */
export interface Arrival {
  readonly socket: Duplex;
  readonly engine: Engine;
  readonly door: Door;
  readonly remoteAddress: string;
  /** What the client showed in its TLS handshake, once that is over. */
  readonly certificate?: () => ClientCertificate | undefined;
  /** What an in-process caller insists on; the wire doors have only the user name as a hint. */
  readonly demand?: SessionDemand;
  /** Called when the client is let in, so that the listener's deadline for that and its count no longer apply. */
  readonly letIn: () => void;
}
