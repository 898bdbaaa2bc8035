import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hash } from '@node-rs/argon2';
import { stringify } from 'yaml';
import { newId } from '../../packages/server/src/core/index.ts';
import { freePort } from '../../packages/server/src/demo/free-port.ts';
import { compiledCode } from './compiled-code.ts';
import { endWithRun } from './end-with-run.ts';
import { Person } from './person.ts';
import { type SampleDatabase, sampleRoles, startSampleDatabase } from './sample-database.ts';
import { endServerProcess } from './server-process.ts';

const run = promisify(execFile);
const cli = join(import.meta.dirname, '..', '..', 'packages', 'cli', 'src', 'main.ts');

/** The sample people. Each is in the group of the same name. */
export const people = ['viewer', 'editor', 'admin'] as const;
export type SamplePerson = (typeof people)[number];

/** The client of most tests: public, with a redirect URI on another site. */
export const appRedirect = 'https://app.example/callback';

export interface GatewayOptions {
  /** Where clients find it, when something stands in front; `listen.http` is then its own address. */
  readonly issuer?: string;
  /** Merged over the configuration, one level deep: `{ tokens: { access: '5s' } }`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Merged over the configuration of `authdb`. */
  readonly database?: Readonly<Record<string, unknown>>;
  /** More databases beside `authdb`; the clients `app` and `backend` may ask for each of their roles. */
  readonly databases?: Readonly<Record<string, ConfiguredDatabase>>;
  /** More doors, by name: `127.0.0.1:16379`. */
  readonly listen?: Readonly<Record<string, string>>;
  /** More environment, for the secrets that the configuration names. */
  readonly env?: Readonly<Record<string, string>>;
  /** How many file descriptors the process may have; the shell's own limit when left out. */
  readonly descriptors?: number;
}

/** An entry of `databases` as the file has it. */
export interface ConfiguredDatabase {
  readonly roles: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

/** A gateway in a process of its own (`grantway serve`), in front of a sample database of its own. */
export interface TestGateway {
  readonly issuer: string;
  /** Of the PostgreSQL door. */
  readonly port: number;
  readonly database: SampleDatabase;
  readonly configFile: string;
  readonly dataDir: string;
  /** The secret of the confidential clients `backend` and `worker`. */
  readonly clientSecret: string;
  /** A sample person with a browser that has no cookies yet. */
  person(name: SamplePerson): Person;
  passwordOf(name: SamplePerson): string;
  /** An authorization request of a client, with its PKCE verifier. */
  request(parameters?: Readonly<Record<string, string>>): AuthorizationRequest;
  /** Signs the person in, consents, redeems the code. */
  tokens(name: SamplePerson, parameters?: Readonly<Record<string, string>>): Promise<TokenAnswer>;
  /** POST to an endpoint under `/oauth/` with a form body. */
  post(
    endpoint: string,
    body: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  /** Runs a command of `grantway` as the operator. */
  operator(...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }>;
  /** Everything that the process wrote so far. */
  log(): string;
  /**
   * Starts one more process of the same configuration, with single keys changed by `env` (`GRANTWAY_LISTEN_HTTP`, which
   * it must have, and others). End it before {@link TestGateway.stop}.
   */
  beside(
    env: { readonly GRANTWAY_LISTEN_HTTP: string } & Readonly<Record<string, string>>,
  ): Promise<{ stop(): Promise<void> }>;
  /** Ends the process, as `SIGTERM` does, and starts it again on the same ports and data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface AuthorizationRequest {
  readonly url: URL;
  readonly verifier: string;
  readonly redirectUri: string;
  readonly clientId: string;
}

/** An answer of an endpoint that speaks JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What the token endpoint gave. */
export interface TokenAnswer extends Answer {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** Starts both. Takes about three seconds. */
export async function startGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const database = await startSampleDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'grantway-e2e-'));
  const port = await freePort();
  const issuer = options.issuer ?? `http://127.0.0.1:${await freePort()}`;
  const passwords = new Map(people.map((name) => [name, newId()]));
  const clientSecret = newId();
  const configFile = join(folder, 'grantway.yaml');
  await writeFile(configFile, stringify(await configuration({ issuer, port, database, passwords }, options)));

  const environment = {
    ...compiledCode,
    PATH: process.env.PATH,
    HOME: folder,
    TEST_MASTER_KEY: randomBytes(32).toString('base64'),
    TEST_CLIENT_SECRET: clientSecret,
    ...Object.fromEntries(
      Object.entries(database.passwords).map(([role, password]) => [`TEST_${role.toUpperCase()}`, password]),
    ),
    ...options.env,
  };
  let log = '';
  const launch = async (origin = issuer, env: NodeJS.ProcessEnv = environment) =>
    await launchGateway(serveCommand(configFile, options.descriptors), env, origin, (text) => {
      log += text;
    });
  let child = await launch().catch(async (failure: Error) => {
    await database.stop();
    await rm(folder, { recursive: true, force: true });
    throw new Error(`${failure.message}\n${log}`);
  });

  const request = (parameters: Readonly<Record<string, string>> = {}) => requestOf(issuer, parameters);
  const post = async (
    endpoint: string,
    body: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ) =>
    await readAnswer(
      await fetch(`${issuer}/oauth/${endpoint}`, {
        method: 'POST',
        body: new URLSearchParams(body),
        headers,
      }),
    );
  const person = (name: SamplePerson) => new Person(issuer, `${name}@example.com`, passwords.get(name) ?? '');

  return {
    issuer,
    port,
    database,
    configFile,
    dataDir: join(folder, 'data'),
    clientSecret,
    person,
    passwordOf: (name) => passwords.get(name) ?? '',
    request,
    post,
    tokens: async (name, parameters = {}) => {
      const asked = request(parameters);
      const end = await person(name).authorize(asked.url);
      if (end.kind === 'page') throw new Error(`no code, but ${end.status} ${end.url}:\n${end.html}`);
      const code = end.to.searchParams.get('code');
      if (code === null) throw new Error(`no code: ${end.to}`);
      const answer = await post('token', {
        grant_type: 'authorization_code',
        client_id: asked.clientId,
        code,
        code_verifier: asked.verifier,
        redirect_uri: asked.redirectUri,
        ...(asked.clientId === 'backend' ? { client_secret: clientSecret } : {}),
      });
      const { access_token, refresh_token } = answer.body;
      if (typeof access_token !== 'string') throw new Error(`no token: ${JSON.stringify(answer.body)}`);
      return { ...answer, accessToken: access_token, refreshToken: String(refresh_token ?? '') };
    },
    operator: async (...args) =>
      await run(process.execPath, [cli, ...args, '--config', configFile], {
        env: environment,
        timeout: 30_000,
      }),
    log: () => log,
    beside: async (env) => {
      const other = await launch(`http://${env.GRANTWAY_LISTEN_HTTP}`, { ...environment, ...env });
      return { stop: async () => await end(other) };
    },
    restart: async () => {
      await end(child);
      child = await launch();
    },
    stop: async () => {
      await end(child);
      await database.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An authorization request with PKCE for the client `app`, unless `parameters` say otherwise; an empty one is left out. */
function requestOf(issuer: string, parameters: Readonly<Record<string, string>>): AuthorizationRequest {
  const verifier = randomBytes(32).toString('base64url');
  const all: Readonly<Record<string, string>> = {
    client_id: 'app',
    response_type: 'code',
    redirect_uri: appRedirect,
    scope: 'db:authdb:readonly',
    state: randomBytes(8).toString('hex'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...parameters,
  };
  const url = new URL(`${issuer}/oauth/authorize`);
  for (const [name, value] of Object.entries(all)) if (value !== '') url.searchParams.set(name, value);
  return { url, verifier, redirectUri: all.redirect_uri ?? '', clientId: all.client_id ?? '' };
}

/** Reads a JSON answer; a body that is none becomes `{ text }`. */
export async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  const { status, headers } = response;
  try {
    return { status, headers, body: JSON.parse(text) as Record<string, unknown> };
  } catch {
    return { status, headers, body: { text } };
  }
}

function serveCommand(configFile: string, descriptors: number | undefined): readonly [string, ...string[]] {
  const command = [process.execPath, cli, 'serve', '--config', configFile] as const;
  return descriptors === undefined
    ? command
    : ['sh', '-c', 'ulimit -n "$0" && exec "$@"', String(descriptors), ...command];
}

async function launchGateway(
  [command, ...args]: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv,
  issuer: string,
  onOutput: (text: string) => void,
): Promise<ChildProcess> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  endWithRun(child);
  child.stdout.setEncoding('utf8').on('data', onOutput);
  child.stderr.setEncoding('utf8').on('data', onOutput);
  // On a machine with much else to do a start may take a minute; a hook that waits for it has two.
  const deadline = Date.now() + 90_000;
  while (Date.now() < deadline && child.exitCode === null) {
    const health = await fetch(`${issuer}/healthz`).catch(() => undefined);
    if (health?.ok) return child;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await end(child);
  throw new Error('the gateway did not start');
}

/** Longer than for a server: live sessions may finish first. */
const end = (child: ChildProcess): Promise<void> => endServerProcess(child, 15_000);

interface Known {
  readonly issuer: string;
  readonly port: number;
  readonly database: SampleDatabase;
  readonly passwords: ReadonlyMap<SamplePerson, string>;
}

async function configuration({ issuer, port, database, passwords }: Known, options: GatewayOptions) {
  const databases = Object.entries({ authdb: { roles: sampleRoles }, ...options.databases });
  const scopes = databases.flatMap(([name, { roles }]) => [
    `db:${name}`,
    ...Object.keys(roles).map((role) => `db:${name}:${role}`),
  ]);
  const hashes = await Promise.all(
    [...passwords].map(async ([name, password]) => [name, await cheapHash(password)]),
  );
  return {
    issuer,
    dataDir: './data',
    masterKey: 'env:TEST_MASTER_KEY',
    listen: { http: new URL(issuer).host, postgres: `127.0.0.1:${port}`, ...options.listen },
    signIn: { local: {} },
    databases: {
      authdb: {
        engine: 'postgres',
        host: database.server.host,
        port: database.server.port,
        tls: 'off',
        roles: Object.fromEntries(
          Object.entries(sampleRoles).map(([role, { login, groups }]) => [
            role,
            { login, password: `env:TEST_${role.toUpperCase()}`, allow: groups ? { groups } : 'everyone' },
          ]),
        ),
        ...options.database,
      },
      ...options.databases,
    },
    clients: {
      app: {
        name: 'Test App',
        redirectUris: [appRedirect, `${appRedirect}?tenant=7`],
        scopes: [...scopes, 'openid', 'profile', 'groups', 'offline_access'],
      },
      backend: {
        name: 'Test Backend',
        redirectUris: [appRedirect],
        secret: 'env:TEST_CLIENT_SECRET',
        scopes: [...scopes, 'offline_access'],
      },
      worker: {
        name: 'Test Worker',
        secret: 'env:TEST_CLIENT_SECRET',
        scopes: ['db:authdb:readonly'],
        grantTypes: ['client_credentials'],
      },
    },
    users: Object.fromEntries(
      hashes.map(([name, passwordHash]) => [`${name}@example.com`, { groups: [name], passwordHash }]),
    ),
    ...options.config,
  };
}

/** Cheap on purpose: what a good hash costs is the business of the tests of `identity/local`. */
async function cheapHash(password: string): Promise<string> {
  return await hash(password, {
    memoryCost: 1024,
    timeCost: 1,
    parallelism: 1,
  });
}
