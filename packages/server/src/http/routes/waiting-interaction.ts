import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '../../core/index.ts';
import type { AuthorizationServer, Interaction } from '../../oauth/index.ts';
import { type WayBack, type WaysBack, wayBackOf } from '../ways-back.ts';

/** What every page at a request needs. */
export interface WaitingContext {
  readonly authorizationServer: Pick<AuthorizationServer, 'interaction'>;
  readonly waysBack: WaysBack;
}

/** The authorization request of the address that waits in this browser. @throws Refusal {@link expired} */
export async function waitingInteraction(
  { authorizationServer, waysBack }: WaitingContext,
  request: FastifyRequest<{ Params: { uid: string } }>,
  reply: FastifyReply,
): Promise<Interaction> {
  const { uid } = request.params;
  const interaction = await authorizationServer.interaction(request.raw, reply.raw, uid);
  if (!interaction) throw expired(await waysBack.read(request, uid));
  await waysBack.keep(reply, interaction);
  return interaction;
}

/** As {@link waitingInteraction}, where somebody is to sign in. @throws Refusal {@link expired} */
export async function waitingForSignIn(
  context: WaitingContext,
  request: FastifyRequest<{ Params: { uid: string } }>,
  reply: FastifyReply,
): Promise<Interaction> {
  const interaction = await waitingInteraction(context, request, reply);
  if (interaction.prompt !== 'login') throw expired(wayBackOf(interaction));
  return interaction;
}

/** The request is over, or it never was this browser's: both look the same, on purpose. */
export function expired(back: WayBack | undefined): Refusal {
  if (back !== undefined) return new Refusal('request_expired', back);
  const what =
    'This request has expired, or it was started in another browser. Go back to the application and start again.';
  return new Refusal('request_invalid', { what });
}
