import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ProvenSignIn, principalId, provesFactor } from '../../core/index.ts';
import type { SecondFactors } from '../../identity/index.ts';
import type { AuthorizationServer, Interaction } from '../../oauth/index.ts';
import type { PendingFactors } from '../pending-factors.ts';

/** Where a sign-in began: at the home page, or at the request of an application. */
export interface SignInPlace {
  readonly path: string;
  readonly interaction?: Interaction;
  /** Where to go on when no application waits; the home page if nothing is said. */
  readonly nextPath?: string;
}

/** What the end of a first step needs. */
export interface EndContext {
  readonly authorizationServer: AuthorizationServer;
  readonly factors: SecondFactors;
  readonly pendingFactors: PendingFactors;
}

/** A sign-in that nobody else asked for. */
export const homePlace: SignInPlace = { path: '/sign-in' };

/** A sign-in that an application asked for. */
export function placeOf(interaction: Interaction): SignInPlace {
  return { path: `/sign-in/${interaction.uid}`, interaction };
}

/** Where the second step is, for a sign-in that began at `place`. */
export function factorPath({ path }: SignInPlace): string {
  return `${path}/factor`;
}

/**
 * The end of every first step, by whatever method: whoever has a second factor is asked for it now, and only then does a
 * browser session begin. A request that demands a factor of somebody who has none comes back by itself.
 */
export async function endFirstStep(
  context: EndContext,
  request: FastifyRequest,
  reply: FastifyReply,
  place: SignInPlace,
  signIn: ProvenSignIn,
): Promise<FastifyReply> {
  const { principal, proof, mark } = signIn;
  const id = principalId(principal);
  const asked = !provesFactor(proof) && (await context.factors.list(id)).length > 0;
  if (!asked) return endSignIn(context, request, reply, place, signIn);
  await context.pendingFactors.begin(reply, factorPath(place), {
    person: id,
    mark,
    proof: { methods: [...proof.methods], at: proof.at },
  });
  return reply.redirect(factorPath(place), 303);
}

/**
 * Begins the browser session and goes on to where the person wanted to be; back to the sign-in page when their sign-ins
 * were ended since this one began.
 */
export async function endSignIn(
  { authorizationServer }: Pick<EndContext, 'authorizationServer'>,
  request: FastifyRequest,
  reply: FastifyReply,
  { path, interaction, nextPath = '/' }: SignInPlace,
  signIn: ProvenSignIn,
): Promise<FastifyReply> {
  const outcome =
    interaction === undefined
      ? await authorizationServer.signIn(request.raw, reply.raw, signIn)
      : await authorizationServer.finishSignIn(request.raw, reply.raw, signIn);
  switch (outcome) {
    case 'begun':
      return reply.redirect(nextPath, 303);
    case 'redirected':
      return reply.hijack();
    case 'ended':
      return reply.redirect(`${path}?again=1`, 303);
  }
}
