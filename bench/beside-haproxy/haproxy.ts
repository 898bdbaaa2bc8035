import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../packages/server/src/demo/free-port.ts';
import { type MeasuredProcess, startMeasured } from '../child-process.ts';
import { interrupted } from '../interruption.ts';

/** A running HAProxy. */
export interface Haproxy {
  readonly port: number;
  readonly process: MeasuredProcess;
  stop(): Promise<void>;
}

/** Starts Debian's HAProxy with as many threads as it chooses itself; it copies bytes both ways and looks at none. */
export async function startHaproxy(upstream: { readonly host: string; readonly port: number }) {
  const folder = await mkdtemp(join(tmpdir(), 'grantway-bench-haproxy-'));
  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
  await writeFile(
    file,
    `global
  maxconn 4000
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen bench
  bind 127.0.0.1:${port}
  server upstream ${upstream.host}:${upstream.port}
`,
  );
  const process = startMeasured('haproxy', ['-db', '-f', file]);
  const haproxy: Haproxy = {
    port,
    process,
    stop: async () => {
      await process.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  for (let tries = 0; tries < 100 && !interrupted.aborted; tries++) {
    if (await answers(port)) return haproxy;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await haproxy.stop();
  throw new Error(`HAProxy did not start:\n${process.output()}`);
}

async function answers(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
