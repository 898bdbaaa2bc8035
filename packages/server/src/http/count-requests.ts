import type { FastifyInstance, FastifyRequest } from 'fastify';
import { network, principalId } from '../core/index.ts';
import { type Allowance, type RateLimits, rateLimitHeaders, refuseExceeded } from '../limits/index.ts';
import { ownTokenVerdict, type TokenVerification } from './api/bearer.ts';

/** What a page loads, and what a load balancer asks each second. */
const uncounted = ['/assets/', '/healthz'];

/**
 * Counts every request for its address, and a call of the API also for the person of its token, or for the client that
 * acts for itself. The OAuth endpoints count these two by themselves, once a request has proved them.
 */
export function countRequests(
  app: FastifyInstance,
  limits: RateLimits,
  verification: TokenVerification,
): void {
  async function ofToken(request: FastifyRequest): Promise<Allowance | undefined> {
    const { authorization } = request.headers;
    if (!request.url.startsWith('/api/') || !/^bearer /i.test(authorization ?? '')) return undefined;
    const verdict = await ownTokenVerdict(request, verification);
    if (verdict.outcome === 'invalid') return undefined;
    const { principal, clientId } = verdict.token;
    return principal.method === 'client'
      ? limits.count('client', clientId)
      : limits.count('person', principalId(principal));
  }

  app.addHook('onRequest', async (request, reply) => {
    if (uncounted.some((path) => request.url.startsWith(path))) return;
    const address = await limits.count('address', network(request.ip));
    const ofCaller = address?.outcome === 'exceeded' ? undefined : await ofToken(request);
    const allowances = [address, ofCaller].filter((one) => one !== undefined);
    for (const [name, value] of Object.entries(rateLimitHeaders(allowances)))
      reply.raw.setHeader(name, value);
    refuseExceeded(allowances);
  });
}
