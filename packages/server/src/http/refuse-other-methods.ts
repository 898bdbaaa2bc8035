import type { FastifyInstance } from 'fastify';
import { Refusal } from '../core/index.ts';

/**
 * Refuses every method that no route of `api` takes at its addresses, and names those that it takes (RFC 9110, section
 * 15.5.6). For programs: who opens such an address in a browser is better told that there is no page. To be called before
 * the routes are added.
 */
export function refuseOtherMethods(api: FastifyInstance): void {
  const taken = new Map<string, Set<string>>();
  api.addHook('onRoute', ({ url, method }) => {
    const methods = taken.get(url) ?? new Set();
    for (const one of [method].flat()) methods.add(one);
    taken.set(url, methods);
  });
  // Read when the routes are there: a plugin within another one begins when that one has ended.
  api.register(async (others) => {
    for (const [url, methods] of [...taken]) {
      const allowed = [...methods].sort();
      others.route({
        url,
        method: others.supportedMethods.filter((method) => !methods.has(method)),
        // Before a body is read.
        onRequest: async ({ method }, reply) => {
          reply.header('allow', allowed.join(', '));
          throw new Refusal('method_not_allowed', { method, allowed: allowed.join(' and ') });
        },
        handler: () => {},
      });
    }
  });
}
