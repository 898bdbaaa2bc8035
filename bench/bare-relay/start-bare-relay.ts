import { join } from 'node:path';
import { freePort } from '../../packages/server/src/demo/free-port.ts';
import { type MeasuredProcess, startMeasured } from '../child-process.ts';
import { orStop } from '../interruption.ts';

/** A running relay. */
export interface BareRelay {
  readonly port: number;
  readonly process: MeasuredProcess;
  stop(): Promise<void>;
}

/** Starts a relay to a server on this machine. @throws when it is not there after five seconds */
export async function startBareRelay(upstream: {
  readonly host: string;
  readonly port: number;
}): Promise<BareRelay> {
  const port = await freePort();
  const relay = startMeasured(process.execPath, [
    join(import.meta.dirname, 'relay.ts'),
    ...[String(port), upstream.host, String(upstream.port)],
  ]);
  await orStop(relay, () => relay.said(/^listening$/m, 5_000));
  return { port, process: relay, stop: relay.stop };
}
