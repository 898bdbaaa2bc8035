import type { AccessRequest } from '../access.ts';
import type { GrantwayClient, Holder } from '../keeper/index.ts';
import { isLoopbackHost } from '../loopback.ts';
import { type ConnectProblem, type ProblemPage, plainProblemPage, tellProblem } from './answers.ts';
import { type SealedCookies, sealedCookies } from './sealed-cookies.ts';

/** What an application says once about its connect button. */
export interface ConnectEndpointsOptions {
  readonly client: GrantwayClient;
  /** Where the four endpoints are, as the browser sees them: `https://app.example/connect`. `/callback` under it is the redirect URI to register. */
  readonly baseUrl: string;
  /** What may be connected, by database; whatever else a browser asks for is refused. A role left out is the person's default. */
  readonly databases: Readonly<Record<string, { readonly role?: string }>>;
  /** A path of your application, for after a connect and a disconnect. */
  readonly afterwards: string;
  /** Draws a failure as a page of yours, with the status that it names. Left out: a plain page. Programs get JSON. */
  readonly problemPage?: ProblemPage;
  /** What went wrong, for your log. It holds no token, code or secret. */
  onError?(error: unknown): void;
}

/** Who this browser has connected, and as whom. */
export interface ConnectedPerson {
  readonly holder: Holder;
  readonly name: string;
}

/** One connect button, as every endpoint of it works with it. */
export interface ConnectSite {
  readonly client: GrantwayClient;
  readonly origin: string;
  /** The path that the endpoints are under: `/connect`. */
  readonly basePath: string;
  readonly redirectUri: string;
  readonly databases: ReadonlyMap<string, { readonly role?: string }>;
  readonly afterwards: string;
  readonly cookies: SealedCookies;
  /** Answers with a failure; `cookies` are `set-cookie` lines that go with it. */
  tell(request: Request, problem: ConnectProblem, cookies?: readonly string[]): Response;
  /** Says to the application what went wrong. */
  report(thrown: unknown): void;
}

/** Reads the options. Throws as {@link createConnectEndpoints} does. */
export function connectSite(options: ConnectEndpointsOptions): ConnectSite {
  const { client, afterwards, problemPage = plainProblemPage } = options;
  const base = new URL(options.baseUrl);
  if (base.protocol !== 'https:' && !isLoopbackHost(base.hostname)) {
    throw new TypeError('baseUrl must be https:// (http:// is for this machine only).');
  }
  const basePath = base.pathname.replace(/\/$/, '');
  const databases = new Map(Object.entries(options.databases));
  for (const name of databases.keys()) {
    if (!/^[\w-]+$/.test(name))
      throw new TypeError(`The database name "${name}" has characters other than [A-Za-z0-9_-].`);
  }
  return {
    client,
    origin: base.origin,
    basePath,
    redirectUri: `${base.origin}${basePath}/callback`,
    databases,
    afterwards,
    cookies: sealedCookies(base, client.keyRing),
    tell: (request, problem, cookies = []) => tellProblem(request, problem, problemPage, cookies),
    report: (thrown) => options.onError?.(thrown),
  };
}

/** What a request wants access to; undefined for anything that the application does not name. */
export function accessOf(
  { databases }: ConnectSite,
  request: Request,
): (AccessRequest & { readonly database: string }) | undefined {
  const database = new URL(request.url).searchParams.get('database') ?? '';
  const asked = databases.get(database);
  return asked === undefined ? undefined : { database, ...asked };
}

/** Who the browser of a request has connected a database as; its token may have ended since. */
export async function connectedPerson(
  { cookies }: ConnectSite,
  request: Request,
  database: string,
): Promise<ConnectedPerson | undefined> {
  return (await cookies.read(request, database)) as ConnectedPerson | undefined;
}

/** The answer to whoever names a database that the application does not. */
export const unknownDatabase: ConnectProblem = {
  status: 400,
  code: 'unknown_database',
  sentence: 'There is no such database to connect.',
};
