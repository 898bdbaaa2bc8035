import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ConnectEndpoints } from './connect-endpoints.ts';
import { sendWebResponse, toWebRequest } from './node-request.ts';

/** Puts the endpoints into a Fastify 5 application. */
export function connectWithFastify(app: FastifyInstance, endpoints: ConnectEndpoints): void {
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const answer = endpoints.handle(toWebRequest(request.raw, request.url));
    if (answer === undefined) {
      reply.callNotFound();
      return reply;
    }
    reply.hijack();
    await sendWebResponse(await answer, reply.raw);
    return reply;
  };
  app.register(async (scope) => {
    // A form of the page itself has a body that nobody reads; its type must not be a reason to refuse it.
    scope.addContentTypeParser('*', (_request, payload, done) => {
      payload.resume();
      payload.once('end', () => done(null));
    });
    scope.get(`${endpoints.basePath}/*`, handler);
    scope.post(`${endpoints.basePath}/*`, handler);
  });
}
