import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { refuseOtherMethods } from '../refuse-other-methods.ts';
import { admitCaller } from './admit-caller.ts';
import { verifiedToken } from './bearer.ts';
import { answerMe } from './me-route.ts';
import { parseJson } from './parse-json.ts';
import { answerQuery, type QueryParts } from './query-route.ts';
import { answerReload, type ReloadParts } from './reload-route.ts';

/** The largest request body, in bytes: a statement with its parameters, or a command with its words. */
const bodyLimit = 1024 * 1024;

/** What the API is built from. */
export interface QueryApiOptions extends QueryParts, ReloadParts {}

/** The fastify plugin with everything under `/api/v1`. Refusals are thrown; the server's error handler answers them. */
export function queryApi(options: QueryApiOptions): FastifyPluginAsync {
  return async (server) => {
    refuseOtherMethods(server);
    // A parser of our own, here only: bytes that are not UTF-8 must be refused and not replaced.
    server.removeAllContentTypeParsers();
    server.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer', bodyLimit },
      async (_request: FastifyRequest, body: Buffer) => parseJson(body),
    );
    server.post<{ Params: { readonly name: string } }>(
      '/api/v1/databases/:name/query',
      { onRequest: (request) => admitCaller(request, options) },
      (request, reply) => answerQuery(request, reply, options),
    );
    server.get<{ Querystring: { readonly database?: unknown } }>('/api/v1/me', (request) =>
      answerMe(request, options),
    );
    server.post(
      '/api/v1/admin/reload',
      { onRequest: async (request) => void (await verifiedToken(request, options)) },
      (request) => answerReload(request, options),
    );
  };
}
