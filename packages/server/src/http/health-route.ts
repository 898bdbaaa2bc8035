import type { FastifyInstance } from 'fastify';

/** What is up and what is not: the store, and each listener by its door's name. */
export type HealthReport = Readonly<Record<string, 'up' | 'down'>>;

/** `GET /healthz`: 200 when all parts are up, else 503; the body names each part. Answers under any host name. */
export function healthRoute(app: FastifyInstance, health: () => Promise<HealthReport>): void {
  app.get('/healthz', async (_request, reply) => {
    const parts = await health();
    const status = Object.values(parts).includes('down') ? 'down' : 'up';
    return reply.code(status === 'up' ? 200 : 503).send({ status, parts });
  });
}
