import type { AccessRequest } from '../access.ts';
import type { AuthorizationRecord } from '../authorization-code.ts';
import { GrantwayError } from '../errors.ts';
import type { GrantwayClient, Holder, SignInOutcome } from '../keeper/index.ts';
import { isLoopbackHost } from '../loopback.ts';
import {
  type ConnectProblem,
  json,
  type ProblemPage,
  plainProblemPage,
  redirect,
  tellProblem,
  wantsPage,
} from './answers.ts';
import { isSameOrigin } from './same-origin.ts';
import { sealedCookies } from './sealed-cookies.ts';

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

/** Each takes a web request and gives the answer; none ever throws. */
export interface ConnectEndpoints {
  /** The path that the endpoints are under: `/connect`. */
  readonly basePath: string;
  /** The endpoint that a request is for, by method and path; undefined when it is none of ours. */
  handle(request: Request): Promise<Response> | undefined;
  /** Who the browser of a request has connected a database as: for your own pages. Tokens may have ended since. */
  connected(request: Request, database: string): Promise<ConnectedPerson | undefined>;
}

/** Nobody takes longer for a consent, and the gateway's page does not live longer either. */
const flowLifetimeS = 30 * 60;
const connectionLifetimeS = 30 * 24 * 60 * 60;

interface Flow {
  readonly record: AuthorizationRecord;
}

/**
 * The endpoints of a "Connect" button. @throws TypeError when `baseUrl` is neither https nor this machine, or a database
 * has a name that no cookie can carry: a mistake of whoever starts the program.
 */
export function createConnectEndpoints(options: ConnectEndpointsOptions): ConnectEndpoints {
  const { client, afterwards, problemPage = plainProblemPage } = options;
  const base = new URL(options.baseUrl);
  if (base.protocol !== 'https:' && !isLoopbackHost(base.hostname)) {
    throw new TypeError('baseUrl must be https:// (http:// is for this machine only).');
  }
  const basePath = base.pathname.replace(/\/$/, '');
  const redirectUri = `${base.origin}${basePath}/callback`;
  const databases = new Map(Object.entries(options.databases));
  for (const name of databases.keys()) {
    if (!/^[\w-]+$/.test(name))
      throw new TypeError(`The database name "${name}" has characters other than [A-Za-z0-9_-].`);
  }
  const cookies = sealedCookies(base, client.keyRing);
  const tell = (request: Request, problem: ConnectProblem, gone: readonly string[] = []): Response =>
    tellProblem(request, problem, problemPage, gone);
  const startAgain = (database: string): string =>
    `${basePath}/auth?database=${encodeURIComponent(database)}`;

  /** One cookie for each sign-in that is under way, so that two tabs do not take each other's. */
  const flowCookie = (state: string): string => `flow-${state.replaceAll(/[^\w-]/g, '').slice(0, 64)}`;

  async function auth(request: Request): Promise<Response> {
    const access = accessOf(request);
    if (access === undefined) return tell(request, unknownDatabase);
    const { url, record } = await client.begin(redirectUri, access);
    const flow: Flow = { record };
    return redirect(url, [await cookies.put(flowCookie(record.state), flow, flowLifetimeS)]);
  }

  async function callback(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const name = flowCookie(url.searchParams.get('state') ?? '');
    const flow = (await cookies.read(request, name)) as Flow | undefined;
    if (flow === undefined) {
      return tell(request, {
        status: 400,
        code: 'callback_mismatch',
        sentence: 'This sign-in was finished already, took too long, or was begun in another browser.',
        again: afterwards,
      });
    }
    const back = new URL(redirectUri);
    back.search = url.search;
    const finished = await client.finish(flow.record, back);
    const gone = cookies.end(name);
    if (finished.outcome !== 'connected') {
      return tell(request, whyUnfinished(finished, startAgain(flow.record.access.database ?? '')), [gone]);
    }
    const { holder, name: person } = finished;
    const kept: ConnectedPerson = { holder, name: person };
    return redirect(afterwards, [gone, await cookies.put(holder.database, kept, connectionLifetimeS)]);
  }

  async function token(request: Request): Promise<Response> {
    const database = accessOf(request)?.database;
    if (database === undefined) return tell(request, unknownDatabase);
    const person = await connected(request, database);
    if (person === undefined) return json(200, { status: 'not-connected' });
    const given = await client.token(person.holder);
    if (given.outcome !== 'fresh') return json(200, { status: given.outcome });
    const { accessToken, expiresAt, connection, name } = given;
    return json(200, { status: 'connected', accessToken, expiresAt, connection, name });
  }

  async function disconnect(request: Request): Promise<Response> {
    const database = accessOf(request)?.database;
    if (database === undefined) return tell(request, unknownDatabase);
    const person = await connected(request, database);
    const outcome = person === undefined ? 'not-connected' : await client.disconnect(person.holder);
    const gone = [cookies.end(database)];
    if (!wantsPage(request)) return json(200, { status: 'not-connected', outcome }, gone);
    // Nobody may believe that the access is over when it is not.
    return outcome === 'unreachable' ? tell(request, notEndedThere, gone) : redirect(afterwards, gone);
  }

  async function connected(request: Request, database: string): Promise<ConnectedPerson | undefined> {
    return (await cookies.read(request, database)) as ConnectedPerson | undefined;
  }

  function accessOf(request: Request): (AccessRequest & { readonly database: string }) | undefined {
    const database = new URL(request.url).searchParams.get('database') ?? '';
    const asked = databases.get(database);
    return asked === undefined ? undefined : { database, ...asked };
  }

  const routes = new Map<string, (request: Request) => Promise<Response>>([
    [`GET ${basePath}/auth`, auth],
    [`GET ${basePath}/callback`, callback],
    [`POST ${basePath}/token`, token],
    [`POST ${basePath}/disconnect`, disconnect],
  ]);

  async function guarded(
    request: Request,
    answer: (request: Request) => Promise<Response>,
  ): Promise<Response> {
    if (request.method === 'POST' && !isSameOrigin(request, base.origin)) {
      return tell(request, {
        status: 403,
        code: 'cross_origin',
        sentence: 'This request comes from another site.',
      });
    }
    try {
      return await answer(request);
    } catch (thrown) {
      options.onError?.(thrown);
      const passing =
        thrown instanceof GrantwayError && ['network', 'unavailable', 'busy'].includes(thrown.code);
      return tell(request, {
        status: passing ? 424 : 422,
        code: thrown instanceof GrantwayError ? thrown.code : 'internal',
        sentence: passing
          ? 'The gateway cannot be reached at the moment. Try again in a minute.'
          : 'This did not work. Try again, and tell whoever runs this application if it happens again.',
        again: afterwards,
      });
    }
  }

  return {
    basePath,
    connected,
    handle: (request) => {
      const answer = routes.get(`${request.method} ${new URL(request.url).pathname}`);
      return answer === undefined ? undefined : guarded(request, answer);
    },
  };
}

const unknownDatabase: ConnectProblem = {
  status: 400,
  code: 'unknown_database',
  sentence: 'There is no such database to connect.',
};

const notEndedThere: ConnectProblem = {
  status: 424,
  code: 'unreachable',
  sentence:
    'You are disconnected here, but the gateway could not be told. End the access of this application on its home page, too.',
};

function whyUnfinished(
  finished: Exclude<SignInOutcome, { readonly outcome: 'connected' }>,
  again: string,
): ConnectProblem {
  switch (finished.outcome) {
    case 'denied':
      return { status: 403, code: 'denied', sentence: 'You said no, and nothing was connected.', again };
    case 'expired':
      return { status: 400, code: 'expired', sentence: 'The sign-in took too long. Start again.', again };
    case 'refused':
      return { status: 400, code: finished.reason, sentence: finished.message, again };
    case 'mismatch':
      return { status: 400, code: 'mismatch', sentence: finished.message, again };
  }
}
