import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Config } from '../../config/index.ts';
import { type ProvenSignIn, parsePrincipalId, Secret } from '../../core/index.ts';
import type { Interaction } from '../../oauth/index.ts';
import { changePassword } from '../flows/index.ts';
import { firstPasswordPage, passwordFaultInWords } from '../pages/index.ts';
import type { PendingPassword } from '../pending-passwords.ts';
import { formTargetsOf } from '../security-headers.ts';
import { sendPage } from '../send-page.ts';
import { demandedFactor } from './demanded-factor.ts';
import { endFirstStep, homePlace } from './end-of-first-step.ts';
import { newAppPath } from './own-factor-routes.ts';
import { passwordChangesOf } from './password-changes-of.ts';
import type { SignInContext } from './sign-in-context.ts';
import { throttledSentence } from './throttled-sentence.ts';
import { waitingForSignIn } from './waiting-interaction.ts';

interface FirstPasswordContext extends Omit<SignInContext, 'passkeys'> {
  readonly config: () => Config;
}

const fields = z.object({ new_password: z.string(), new_password_again: z.string() });

/** The page, and the sign-in that it belongs to. */
interface Place {
  readonly path: string;
  /** Where somebody goes whose proof is too old. */
  readonly signIn: string;
  readonly interaction?: Interaction;
}

const alone: Place = { path: firstPasswordPath('/sign-in'), signIn: '/sign-in' };

/** Where somebody chooses a password who came to the sign-in page `signIn` with a first secret. */
export function firstPasswordPath(signIn: string): string {
  return `${signIn}/password`;
}

/**
 * `/sign-in/password`, and `/sign-in/:uid/password` while an application waits: the one thing that a first secret
 * opens. It lies below the sign-in page because the browser sends the cookie of the waiting request only there.
 */
export function firstPasswordRoutes(app: FastifyInstance, context: FirstPasswordContext): void {
  app.get(alone.path, (request, reply) => showPage(context, request, reply, alone));

  app.post(alone.path, async (request, reply) => {
    const signIn = await acceptForm(context, request, reply, alone);
    if (!signIn) return reply;
    const demanded = demandedFactor(context.config(), signIn.principal);
    const next = demanded === undefined ? homePlace : { ...homePlace, nextPath: newAppPath };
    return endFirstStep(context, request, reply, next, signIn);
  });

  app.get<{ Params: { uid: string } }>('/sign-in/:uid/password', async (request, reply) =>
    showPage(context, request, reply, await placeOf(context, request, reply)),
  );

  app.post<{ Params: { uid: string } }>('/sign-in/:uid/password', async (request, reply) => {
    const place = await placeOf(context, request, reply);
    const signIn = await acceptForm(context, request, reply, place);
    if (!signIn) return reply;
    const { signIn: path, interaction } = place;
    return endFirstStep(context, request, reply, { path, ...(interaction && { interaction }) }, signIn);
  });
}

async function placeOf(
  context: FirstPasswordContext,
  request: FastifyRequest<{ Params: { uid: string } }>,
  reply: FastifyReply,
): Promise<Place> {
  const interaction = await waitingForSignIn(context, request, reply);
  const signIn = `/sign-in/${interaction.uid}`;
  return { path: firstPasswordPath(signIn), signIn, interaction };
}

async function showPage(
  context: FirstPasswordContext,
  request: FastifyRequest,
  reply: FastifyReply,
  place: Place,
): Promise<FastifyReply> {
  const pending = await context.pendingPasswords.read(request, place.path);
  return pending ? showForm(context, request, reply, place, pending) : startAgain(reply, place);
}

/** Gives who chose a password and may go on; when nobody did, the answer has been sent. */
async function acceptForm(
  context: FirstPasswordContext,
  request: FastifyRequest,
  reply: FastifyReply,
  place: Place,
): Promise<ProvenSignIn | undefined> {
  const pending = await context.pendingPasswords.read(request, place.path);
  const changes = pending && passwordChangesOf(context.signInMethods, pending.person);
  if (!pending || !changes) {
    startAgain(reply, place);
    return undefined;
  }
  const form = context.forms.read(request, purposeOf(place, pending), fields);
  const refuse = async (error: string): Promise<undefined> => {
    await showForm(context, request, reply, place, pending, error);
  };
  const result = await changePassword({
    ...context,
    people: context.store.people,
    changes,
    person: parsePrincipalId(pending.person),
    proof: { kind: 'first_secret', version: pending.version },
    wanted: new Secret(form.new_password),
    again: new Secret(form.new_password_again),
    remoteAddress: request.ip,
    requestId: request.id,
  });
  switch (result.outcome) {
    case 'changed':
      context.pendingPasswords.end(reply);
      // Whoever chose a password a moment ago has proven it; a second factor from before is asked for all the same.
      return { ...result, proof: { methods: ['pwd'], at: context.clock.now() } };
    case 'refused':
      reply.code(422);
      return refuse(passwordFaultInWords(result.fault));
    case 'throttled':
      return refuse(throttledSentence(reply, result.retryAfterMs));
    case 'failed':
      startAgain(reply, place);
      return undefined;
  }
}

/** A form that was shown to one person is no use to another. */
function purposeOf({ path }: Place, { person }: PendingPassword): string {
  return `${path} ${person}`;
}

function startAgain(reply: FastifyReply, { signIn }: Place): FastifyReply {
  return reply.redirect(`${signIn}?again=1`, 303);
}

async function showForm(
  { forms, store }: FirstPasswordContext,
  request: FastifyRequest,
  reply: FastifyReply,
  place: Place,
  pending: PendingPassword,
  error?: string,
): Promise<FastifyReply> {
  const client = place.interaction?.client;
  const page = firstPasswordPage({
    action: place.path,
    formToken: forms.token(request, reply, purposeOf(place, pending)),
    person: (await store.people.get(pending.person))?.displayName ?? pending.person,
    ...(client && { client }),
    ...(error !== undefined && { error }),
  });
  return sendPage(reply, page, formTargetsOf(client?.redirectUri));
}
