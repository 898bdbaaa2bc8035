import type { FastifyInstance } from 'fastify';

/** Writes a line for each answer: by its route and not its URL, which may hold an authorization code. */
export function logAnswers(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request;
    const route = routeOptions.url ?? '(none)';
    // A load balancer asks each second, and hears `up` for months.
    if (route === '/healthz' && reply.raw.statusCode === 200) return;
    const peer = request.socket.remoteAddress;
    request.log.info(
      {
        request: request.id,
        method,
        route,
        status: reply.raw.statusCode,
        ms: Math.round(reply.elapsedTime),
        // Who vouches for the address that records of this request name.
        ...(peer !== undefined && peer !== request.ip && { peer }),
      },
      'answered',
    );
  });
}
