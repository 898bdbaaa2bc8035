import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Principal, principalId, provesFactor, type SignInProof } from '../../core/index.ts';
import type { SecondFactors } from '../../identity/index.ts';
import type { AuthorizationServer, Interaction } from '../../oauth/index.ts';
import type { Store } from '../../store/index.ts';
import type { PendingFactors } from '../pending-factor.ts';
import { signInStanding } from '../sign-in-standing.ts';

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
  readonly store: Pick<Store, 'people'>;
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
  principal: Principal,
  proof: SignInProof,
): Promise<FastifyReply> {
  const id = principalId(principal);
  const asked = !provesFactor(proof) && (await context.factors.list(id)).length > 0;
  if (!asked) return endSignIn(context, request, reply, place, principal, proof);
  const person = await context.store.people.get(id);
  // Removed since they were proved.
  if (person === undefined) return reply.redirect(`${place.path}?again=1`, 303);
  await context.pendingFactors.begin(reply, factorPath(place), {
    person: id,
    standing: signInStanding(person),
    proof: { methods: [...proof.methods], at: proof.at },
  });
  return reply.redirect(factorPath(place), 303);
}

/** Begins the browser session and goes on to where the person wanted to be. */
export async function endSignIn(
  { authorizationServer }: EndContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { interaction, nextPath = '/' }: SignInPlace,
  principal: Principal,
  proof: SignInProof,
): Promise<FastifyReply> {
  if (interaction === undefined) {
    await authorizationServer.signIn(request.raw, reply.raw, principal, proof);
    return reply.redirect(nextPath, 303);
  }
  await authorizationServer.finishSignIn(request.raw, reply.raw, principal, proof);
  return reply.hijack();
}
