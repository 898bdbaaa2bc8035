import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Principal } from '../../core/index.ts';
import { principalOf, type SignInFailure } from '../../identity/index.ts';
import { concludeSignIn } from '../flows/index.ts';
import type { PasskeyForm } from '../pages/index.ts';
import { endFirstStep, homePlace, placeOf, type SignInPlace } from './end-of-first-step.ts';
import { passwordChangesOf } from './password-changes-of.ts';
import type { SignInContext } from './sign-in-context.ts';
import { waitingForSignIn } from './waiting-interaction.ts';

const credentialForm = z.object({ credential: z.string().max(32_768) });

/** `…/passkey`: signs somebody in with nothing but a passkey, which is two factors in itself. */
export function passkeyRoutes(app: FastifyInstance, context: SignInContext): void {
  app.post(passkeyPath(homePlace), (request, reply) => accept(context, request, reply, homePlace));

  app.post<{ Params: { uid: string } }>('/sign-in/:uid/passkey', async (request, reply) => {
    const interaction = await waitingForSignIn(context, request, reply);
    return accept(context, request, reply, placeOf(interaction));
  });
}

/** The button of a sign-in page; undefined where passkeys cannot be, or where nobody is kept here. */
export async function passkeySignIn(
  { signInMethods, passkeys, pendingFactors, forms }: SignInContext,
  request: FastifyRequest,
  reply: FastifyReply,
  place: SignInPlace,
): Promise<PasskeyForm | undefined> {
  const keepsPeople = signInMethods.some((method) => method.kind === 'password' && method.changes);
  if (!passkeys.offered || !keepsPeople) return undefined;
  const action = passkeyPath(place);
  const { options, challenge } = await passkeys.askToProve([]);
  await pendingFactors.keepChallenge(reply, action, challenge);
  return { action, formToken: forms.token(request, reply, action), options, kind: 'prove' };
}

function passkeyPath({ path }: SignInPlace): string {
  return `${path}/passkey`;
}

/**
 * Only people who are kept here: of the others a provider or directory has a say in every sign-in, and a passkey alone
 * would make what it said last count for longer.
 */
async function accept(
  context: SignInContext,
  request: FastifyRequest,
  reply: FastifyReply,
  place: SignInPlace,
): Promise<FastifyReply> {
  const { passkeys, pendingFactors, forms, store, signInMethods, audit, clock } = context;
  const action = passkeyPath(place);
  const { credential } = forms.read(request, action, credentialForm);
  const challenge = await pendingFactors.readChallenge(request, action);
  const prove = async (): Promise<
    { readonly outcome: 'proven'; readonly principal: Principal } | SignInFailure
  > => {
    const id = challenge === undefined ? undefined : await passkeys.prove(challenge, credential);
    const person = id === undefined ? undefined : await store.people.get(id);
    const isKeptHere = person !== undefined && passwordChangesOf(signInMethods, person.id) !== undefined;
    return isKeptHere
      ? { outcome: 'proven', principal: principalOf(person) }
      : { outcome: 'failed', reason: 'unknown' };
  };
  const parts = { requestId: request.id, remoteAddress: request.ip, audit, people: store.people, clock };
  const outcome = await concludeSignIn('passkey', prove, parts);
  if (outcome.outcome !== 'proven') return reply.redirect(`${place.path}?passkey=failed`, 303);
  const proof = { methods: ['pop', 'mfa'], at: clock.now() };
  const { principal, mark } = outcome;
  return endFirstStep(context, request, reply, place, { principal, proof, mark });
}
