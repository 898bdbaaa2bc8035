import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import * as z from 'zod';
import { type Database, newId, type PoolSettings } from '../packages/server/src/core/index.ts';
import { freePort } from '../packages/server/src/demo/free-port.ts';
import { type MeasuredProcess, startMeasured } from './child-process.ts';
import { interrupted } from './interruption.ts';

const main = join(import.meta.dirname, '..', 'packages', 'cli', 'src', 'main.ts');
const tokenResponse = z.object({ access_token: z.string() });

/** The server behind the gateway, and the login that everybody uses there. */
export interface GatewayUpstream extends Pick<Database, 'engine' | 'host' | 'port'> {
  /** Absent where the protocol has numbers instead of names. */
  readonly database?: string;
  readonly login: string;
  readonly password: string;
}

/** The gateway under test, a process of its own, as an operator would start it. */
export interface Gateway {
  /** Of the engine's door. */
  readonly port: number;
  readonly process: MeasuredProcess;
  /** A fresh access token (client credentials) for the bench's database; lives 15 minutes. */
  token(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts `grantway serve` with the audit on, in front of a database named `bench`, with the given arguments to Node. */
export async function startGateway(
  upstream: GatewayUpstream,
  pool: Pick<PoolSettings, 'mode' | 'size'>,
  nodeArguments: readonly string[] = [],
): Promise<Gateway> {
  const folder = await mkdtemp(join(tmpdir(), 'grantway-bench-gateway-'));
  const port = await freePort();
  const issuer = `http://127.0.0.1:${await freePort()}`;
  const secret = newId();
  const config = {
    issuer,
    dataDir: './data',
    masterKey: 'env:BENCH_MASTER_KEY',
    listen: { http: new URL(issuer).host, [upstream.engine]: `127.0.0.1:${port}` },
    signIn: { local: {} },
    databases: {
      bench: {
        engine: upstream.engine,
        host: upstream.host,
        port: upstream.port,
        ...(upstream.database === undefined ? {} : { database: upstream.database }),
        tls: 'off',
        pool,
        roles: {
          bench: {
            login: upstream.login,
            password: 'env:BENCH_ROLE_PASSWORD',
            allow: { clients: ['bench'] },
          },
        },
      },
    },
    clients: {
      bench: {
        name: 'Bench',
        secret: 'env:BENCH_CLIENT_SECRET',
        scopes: ['db:bench'],
        grantTypes: ['client_credentials'],
      },
    },
  };
  const file = join(folder, 'grantway.yaml');
  await writeFile(file, stringify(config));

  const child = startMeasured(process.execPath, [...nodeArguments, main, 'serve', '--config', file], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      BENCH_MASTER_KEY: randomBytes(32).toString('base64'),
      BENCH_ROLE_PASSWORD: upstream.password,
      BENCH_CLIENT_SECRET: secret,
    },
  });
  const stop = async () => {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  };
  if (!(await isHealthy(issuer, child))) {
    await stop();
    throw new Error(`the gateway did not start:\n${child.output()}`);
  }

  const gateway: Gateway = {
    port,
    process: child,
    token: async () => {
      const answer = await fetch(`${issuer}/oauth/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`bench:${secret}`)}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'db:bench' }),
      });
      return tokenResponse.parse(await answer.json()).access_token;
    },
    stop,
  };
  return gateway;
}

async function isHealthy(issuer: string, child: MeasuredProcess): Promise<boolean> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline && child.child.exitCode === null && !interrupted.aborted) {
    const answer = await fetch(`${issuer}/healthz`).catch(() => undefined);
    if (answer?.ok) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}
