import type { FastifyInstance } from 'fastify';
import { Refusal } from '../../core/index.ts';
import type { SignInMethod } from '../../identity/index.ts';
import type { AuthorizationServer } from '../../oauth/index.ts';
import { signOutByProvider } from '../flows/index.ts';

interface CarriedSignOutContext {
  readonly signInMethods: readonly SignInMethod[];
  readonly authorizationServer: Pick<AuthorizationServer, 'signOutEverywhere' | 'endEverything'>;
}

/**
 * Where a provider sends browsers with messages about signing out. The provider's signature is the proof, and no cookie
 * counts: the person is signed out in all of their browsers.
 */
export function carriedSignOutRoutes(
  app: FastifyInstance,
  { signInMethods, authorizationServer }: CarriedSignOutContext,
): void {
  app.get<{ Params: { method: string } }>('/sign-out/from/:method', async (request, reply) => {
    const method = signInMethods.find(({ name }) => name === request.params.method);
    if (method?.kind !== 'redirect' || method.carriedSignOut === undefined) throw new Refusal('not_found');
    const signOut = method.carriedSignOut;
    // As it came: the signature is over these bytes.
    const message = await signOut.receive(request.url.slice(request.url.indexOf('?') + 1));
    switch (message.outcome) {
      case 'answered':
        return reply.redirect('/?signed_out=1', 303);
      case 'asked': {
        const asked = { method: method.name, signOut, asked: message, authorizationServer };
        return reply.redirect((await signOutByProvider(asked)).href, 303);
      }
      case 'refused':
        request.log.warn(
          { request: request.id, method: method.name, detail: message.detail },
          'a message about signing out was refused',
        );
        throw new Refusal('request_invalid', {
          what: 'This is no message of your identity provider about signing out, or it came too late.',
        });
    }
  });
}
