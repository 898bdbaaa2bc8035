import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { toRefusal } from '../../core/index.ts';
import { refuseOtherMethods } from '../refuse-other-methods.ts';
import { resourceTypes, schemas, serviceProviderConfig } from './discovery.ts';
import { groupRoutes } from './group-routes.ts';
import { listResponse } from './list-response.ts';
import { type ScimOptions, scimContext } from './scim-context.ts';
import { ScimError } from './scim-error.ts';
import { userRoutes } from './user-routes.ts';

/** A group with thousands of members. */
const bodyLimit = 1024 * 1024;

/** The fastify plugin with everything under `/scim/v2` (RFC 7644). */
export function scimApi(options: ScimOptions): FastifyPluginAsync {
  const { issuer } = options;
  const context = scimContext(options);

  return async (server) => {
    refuseOtherMethods(server);
    server.removeAllContentTypeParsers();
    server.addContentTypeParser(
      ['application/scim+json', 'application/json'],
      { parseAs: 'string', bodyLimit },
      server.getDefaultJsonParser('error', 'error'),
    );
    server.setErrorHandler((error, request, reply) => {
      const refused = error instanceof ScimError ? error : asScimError(error, request);
      if (refused.status === 401) reply.header('www-authenticate', 'Bearer');
      return reply.code(refused.status).type('application/scim+json').send(JSON.stringify(refused.body));
    });
    server.addHook('onSend', async (_request, reply) => {
      if (reply.getHeader('content-type')?.toString().startsWith('application/json') === true)
        reply.type('application/scim+json');
    });
    // Before the body is read: a stranger may send none of this size.
    server.addHook('onRequest', async (request) => {
      await context.caller(request);
    });
    userRoutes(server, context);
    groupRoutes(server, context);

    server.get('/scim/v2/ServiceProviderConfig', async () => serviceProviderConfig(issuer));
    for (const [path, list] of [
      ['ResourceTypes', resourceTypes],
      ['Schemas', schemas],
    ] as const) {
      server.get(`/scim/v2/${path}`, async () => listResponse(list(issuer), {}));
      server.get<{ Params: { id: string } }>(`/scim/v2/${path}/:id`, async (request) => {
        const found = list(issuer).find(({ id }) => id === request.params.id);
        if (found === undefined) throw new ScimError(404, 'There is no such thing.');
        return found;
      });
    }
  };
}

/** What was thrown below becomes an error in the protocol's form; what an operator needs goes to the log. */
function asScimError(error: unknown, request: FastifyRequest): ScimError {
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 0;
  if (status >= 400 && status < 500)
    return new ScimError(status, 'The request cannot be read.', 'invalidSyntax');
  const { native, message } = toRefusal(error, request.id);
  if (native.http >= 500)
    request.log.error({ request: request.id, err: error }, 'a provisioning request failed');
  return new ScimError(native.http, message);
}
