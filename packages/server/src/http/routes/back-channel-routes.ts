import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { Secret } from '../../core/index.ts';
import type { ProviderWord } from '../../oauth/index.ts';

const body = z.object({ logout_token: z.string().max(16_384) });

/**
 * Where providers say that somebody signed out there (OpenID Connect Back-Channel Logout 1.0, sections 2.5 and 2.8).
 * It is no form of ours: the provider's signature is the proof, and no cookie counts.
 */
export function backChannelRoutes(
  app: FastifyInstance,
  { providerWord }: { readonly providerWord: ProviderWord },
): void {
  app.post<{ Params: { method: string } }>('/sign-out/back-channel/:method', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    const { method } = request.params;
    const given = body.safeParse(request.body);
    if (!given.success)
      return reply
        .code(400)
        .send({ error: 'invalid_request', error_description: 'There is no logout_token in it.' });
    const taken = await providerWord.takeLogout(method, new Secret(given.data.logout_token));
    if (taken.outcome !== 'refused') return reply.code(200).send();
    const { reason, detail } = taken;
    request.log.warn({ request: request.id, method, reason, detail }, 'a logout token was not taken');
    return reply.code(400).send({
      error: 'invalid_request',
      error_description:
        reason === 'unavailable'
          ? 'The keys of the provider cannot be read at the moment.'
          : 'The logout token is not genuine, not for this place, or was used before.',
    });
  });
}
