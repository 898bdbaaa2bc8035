import cookies from '@fastify/cookie';
import type { FastifyInstance } from 'fastify';
import { toRefusal } from '../core/index.ts';
import { type AuthorizationServer, noteBrowser } from '../oauth/index.ts';
import type { FormGuard } from './form-guard.ts';
import { answerThrown, wantsPage } from './problem.ts';
import { endpointHeaders } from './security-headers.ts';

/**
 * Hands everything under `/oauth/`, `/.well-known/` and `/device` to the authorization server, which reads bodies by
 * itself: in this scope fastify has no parser that would read one first.
 */
export function mountAuthorizationServer(
  app: FastifyInstance,
  authorizationServer: AuthorizationServer,
  forms: Pick<FormGuard, 'browserOf' | 'browserFor'>,
): void {
  app.register(async (scope) => {
    scope.setErrorHandler((error, request, reply) => {
      const { native, message } = toRefusal(error, request.id);
      // What is refused before the authorization server sees it is told in its own form (RFC 6749, section 5.2).
      if (native.http !== 429 || wantsPage(request)) return answerThrown(error, request, reply);
      return reply.code(native.http).send({ error: native.oauth, error_description: message });
    });
    await scope.register(cookies);
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    for (const url of ['/oauth/*', '/.well-known/*', '/device', '/device/*'])
      scope.all(url, async (request, reply) => {
        if (url === '/oauth/*')
          for (const [name, value] of Object.entries(endpointHeaders)) reply.raw.setHeader(name, value);
        // The page where a code is typed may be the first one that a browser sees; programs get no cookie.
        const opensPage = url === '/device' && request.method === 'GET';
        const browser = opensPage ? forms.browserFor(request, reply) : forms.browserOf(request);
        if (browser !== undefined) noteBrowser(request.raw, browser);
        await authorizationServer.handle(request.raw, reply.raw);
        return reply.hijack();
      });
  });
}
