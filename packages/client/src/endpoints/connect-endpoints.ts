import { GrantwayError } from '../errors.ts';
import type { ConnectProblem } from './answers.ts';
import {
  type ConnectEndpointsOptions,
  type ConnectedPerson,
  type ConnectSite,
  connectedPerson,
  connectSite,
} from './connect-site.ts';
import { disconnect, giveToken } from './connection-endpoints.ts';
import { isSameOrigin } from './same-origin.ts';
import { finishSignIn, startSignIn } from './sign-in-endpoints.ts';

/** Each takes a web request and gives the answer; none ever throws. */
export interface ConnectEndpoints {
  /** The path that the endpoints are under: `/connect`. */
  readonly basePath: string;
  /** The endpoint that a request is for, by method and path; undefined when it is none of ours. */
  handle(request: Request): Promise<Response> | undefined;
  /** Who the browser of a request has connected a database as: for your own pages. Tokens may have ended since. */
  connected(request: Request, database: string): Promise<ConnectedPerson | undefined>;
}

type Endpoint = (site: ConnectSite, request: Request) => Promise<Response>;

/**
 * The endpoints of a "Connect" button. @throws TypeError when `baseUrl` is neither https nor this machine, or a database
 * has a name that no cookie can carry: a mistake of whoever starts the program.
 */
export function createConnectEndpoints(options: ConnectEndpointsOptions): ConnectEndpoints {
  const site = connectSite(options);
  const { basePath } = site;
  const endpoints = new Map<string, Endpoint>([
    [`GET ${basePath}/auth`, startSignIn],
    [`GET ${basePath}/callback`, finishSignIn],
    [`POST ${basePath}/token`, giveToken],
    [`POST ${basePath}/disconnect`, disconnect],
  ]);
  return {
    basePath,
    connected: (request, database) => connectedPerson(site, request, database),
    handle: (request) => {
      const endpoint = endpoints.get(`${request.method} ${new URL(request.url).pathname}`);
      return endpoint && answer(endpoint, site, request);
    },
  };
}

/** Never throws. */
async function answer(endpoint: Endpoint, site: ConnectSite, request: Request): Promise<Response> {
  if (request.method === 'POST' && !isSameOrigin(request, site.origin)) return site.tell(request, otherSite);
  try {
    return await endpoint(site, request);
  } catch (thrown) {
    site.report(thrown);
    return site.tell(request, { ...failure(thrown), again: site.afterwards });
  }
}

const otherSite: ConnectProblem = {
  status: 403,
  code: 'cross_origin',
  sentence: 'This request comes from another site.',
};

function failure(thrown: unknown): ConnectProblem {
  if (!(thrown instanceof GrantwayError)) return { status: 422, code: 'internal', sentence: didNotWork };
  return ['network', 'unavailable', 'busy'].includes(thrown.code)
    ? {
        status: 424,
        code: thrown.code,
        sentence: 'The gateway cannot be reached at the moment. Try again in a minute.',
      }
    : { status: 422, code: thrown.code, sentence: didNotWork };
}

const didNotWork =
  'This did not work. Try again, and tell whoever runs this application if it happens again.';
