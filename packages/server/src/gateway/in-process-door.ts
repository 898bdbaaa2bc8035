import { type Duplex, duplexPair } from 'node:stream';
import type { EngineName } from '../core/index.ts';
import type { Engine } from '../engines/index.ts';
import { serveSession } from './session.ts';
import type { SessionDemand } from './session-demand.ts';
import type { SessionServices } from './session-services.ts';

/**
 * The door for callers inside the process (the HTTP API): a byte stream that behaves like a socket to the engine's
 * listener. A driver signs in over it with the caller's token, so there is one audit, one pool, one
 * set of limits and one kill switch.
 */
export interface InProcessDoor {
  /** Opens a stream to the engine's door. `remoteAddress` is the HTTP caller's, for the audit. */
  open(engine: EngineName, remoteAddress: string, demand: SessionDemand): Duplex;
}

/** Connects in-process callers to the same sessions as the wire listeners. */
export function inProcessDoor(
  engines: Readonly<Partial<Record<EngineName, Engine>>>,
  services: SessionServices,
): InProcessDoor {
  return {
    open(name, remoteAddress, demand) {
      const engine = engines[name];
      if (engine === undefined) throw new TypeError(`no engine for ${name}`);
      const [callerSide, socket] = duplexPair();
      socket.on('error', () => socket.destroy());
      // It never leaves the process, so clear text is safe here.
      const { certificate } = demand;
      const signedIn = () => certificate?.trusted === true;
      const door = { name: 'http', clearTextAllowed: true, signedIn };
      serveSession(
        {
          socket,
          engine,
          door,
          remoteAddress,
          certificate: () => certificate,
          demand,
          letIn: () => undefined,
        },
        services,
      ).catch((thrown) => {
        services.log.problem('a session ended by a fault of ours', thrown);
        socket.destroy();
      });
      return callerSide;
    },
  };
}
