import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '../../core/index.ts';
import type { AuthorizationServer, Interaction } from '../../oauth/index.ts';

/** The authorization request of the address that waits in this browser. @throws Refusal {@link expired} */
export async function waitingInteraction(
  authorizationServer: AuthorizationServer,
  request: FastifyRequest<{ Params: { uid: string } }>,
  reply: FastifyReply,
): Promise<Interaction> {
  const interaction = await authorizationServer.interaction(request.raw, reply.raw, request.params.uid);
  if (!interaction) throw expired();
  return interaction;
}

/** The request is over, or it never was this browser's: both look the same, on purpose. */
export function expired(): Refusal {
  const what =
    'This request has expired, or it was started in another browser. Go back to the application and start again.';
  return new Refusal('request_invalid', { what });
}
