import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { principalId, Refusal, Secret } from '../../core/index.ts';
import type { PasswordMethod, SignInMethod } from '../../identity/index.ts';
import type { StrongerSignIn } from '../../oauth/index.ts';
import { signInWithPassword } from '../flows/index.ts';
import { providerFailureInWords, signInPage } from '../pages/index.ts';
import { formTargetsOf } from '../security-headers.ts';
import { sendPage } from '../send-page.ts';
import { endFirstStep, factorPath, homePlace, placeOf, type SignInPlace } from './end-of-first-step.ts';
import { goesOnToFactor } from './factor-change.ts';
import { firstPasswordPath } from './first-password-routes.ts';
import { passkeySignIn } from './passkey-routes.ts';
import { visitPath } from './provider-routes.ts';
import type { SignInContext } from './sign-in-context.ts';
import { throttledSentence } from './throttled-sentence.ts';
import { waitingForSignIn, waitingInteraction } from './waiting-interaction.ts';

const fields = z.object({ username: z.string(), password: z.string(), method: z.string().optional() });

/** One sentence for every failure: it must not say whether the person exists. */
const failedSentence = 'The user name or the password is not right. Check both and try again.';

const noPasskeySentence = 'No passkey of anybody here was shown. Try again, or sign in another way.';

const againSentence = 'That took too long, or your account changed meanwhile. Sign in again.';

const query = z.object({
  method: z.string().optional().catch(undefined),
  fresh: z.string().optional().catch(undefined),
  passkey: z.string().optional().catch(undefined),
  again: z.string().optional().catch(undefined),
  failed: z
    .enum(['unavailable', 'declined', 'not_genuine', 'claims_unusable', 'disabled', 'superseded'])
    .optional()
    .catch(undefined),
});

/** `/sign-in` for the home page, `/sign-in/:uid` while an application waits. There is no `return_to` to abuse. */
export function signInRoutes(app: FastifyInstance, context: SignInContext): void {
  const { authorizationServer } = context;

  app.get('/sign-in', async (request, reply) => {
    const { fresh } = query.parse(request.query);
    const known = fresh === undefined && (await authorizationServer.signedIn(request.raw, reply.raw));
    if (known) return reply.redirect('/', 303);
    return showForm(context, request, reply, homePlace);
  });

  app.post('/sign-in', async (request, reply) => {
    return acceptForm(context, request, reply, homePlace);
  });

  app.get<{ Params: { uid: string } }>('/sign-in/:uid', async (request, reply) => {
    const interaction = await waitingInteraction(context, request, reply);
    if (interaction.prompt === 'consent') return reply.redirect(`/consent/${interaction.uid}`, 303);
    if (await goesOnToFactor(context, interaction))
      return reply.redirect(factorPath(placeOf(interaction)), 303);
    return showForm(context, request, reply, placeOf(interaction));
  });

  app.post<{ Params: { uid: string } }>('/sign-in/:uid', async (request, reply) => {
    const interaction = await waitingForSignIn(context, request, reply);
    return acceptForm(context, request, reply, placeOf(interaction));
  });
}

/** Goes on with whoever the form proved, or shows it again. */
async function acceptForm(
  context: SignInContext,
  request: FastifyRequest,
  reply: FastifyReply,
  place: SignInPlace,
): Promise<FastifyReply> {
  const { username, password, method } = context.forms.read(request, place.path, fields);
  const chosen = passwordMethod(context, method);
  const result = await signInWithPassword({
    ...context,
    people: context.store.people,
    method: chosen,
    attempt: { username, password: new Secret(password), remoteAddress: request.ip },
    requestId: request.id,
  });
  if (result.outcome === 'proven') {
    const { principal, mark } = result;
    const proof = { methods: ['pwd'], at: context.clock.now() };
    return endFirstStep(context, request, reply, place, { principal, proof, mark });
  }
  if (result.outcome === 'first_secret') {
    const choice = firstPasswordPath(place.path);
    const person = principalId(result.principal);
    await context.pendingPasswords.begin(request, reply, choice, { person, version: result.version });
    return reply.redirect(choice, 303);
  }
  if (result.outcome === 'failed') {
    const { because, detail } = result;
    if (because !== undefined)
      request.log.warn(
        { request: request.id, method: chosen.name, reason: because, detail },
        'nobody was proved',
      );
    const error = because === undefined ? failedSentence : providerFailureInWords(chosen.label, because);
    return showForm(context, request, reply.code(422), place, { username, error, method });
  }
  const error = throttledSentence(reply, result.retryAfterMs);
  return showForm(context, request, reply, place, { username, error, method });
}

async function showForm(
  context: SignInContext,
  request: FastifyRequest,
  reply: FastifyReply,
  place: SignInPlace,
  failed?: { readonly username: string; readonly error: string; readonly method: string | undefined },
): Promise<FastifyReply> {
  const { path, interaction } = place;
  const asked = query.parse(request.query);
  const username = failed?.username ?? interaction?.loginHint;
  const passkey = await passkeySignIn(context, request, reply, place);
  const method = chosenMethod(context, failed?.method ?? asked.method);
  const others = context.signInMethods.filter((other) => other !== method || other.kind === 'redirect');
  const page = signInPage({
    ...(method.kind === 'password' && {
      form: {
        action: path,
        token: context.forms.token(request, reply, path),
        method: method.name,
        ...(method.changes === undefined && { at: method.label }),
        ...(username !== undefined && { username }),
      },
    }),
    otherMethods: others.map(({ kind, name, label }) => ({
      label,
      href: addressOf(
        kind === 'redirect' ? visitPath(path, name) : path,
        kind === 'redirect' ? {} : { method: name },
        asked.fresh,
      ),
    })),
    ...(passkey && { passkey }),
    ...(interaction && { client: interaction.client }),
    ...(asked.failed !== undefined && { error: providerFailureInWords(method.label, asked.failed) }),
    ...(interaction?.stronger && { hint: strongerSentence(interaction.stronger) }),
    ...(asked.passkey !== undefined && { error: noPasskeySentence }),
    ...(asked.again !== undefined && { error: againSentence }),
    ...(failed && { error: failed.error }),
  });
  return sendPage(reply, page, formTargetsOf(interaction?.client.redirectUri), passkey !== undefined);
}

/** Whoever came to sign in anew still does so at the way that they choose. */
function addressOf(path: string, parameters: Record<string, string>, fresh: string | undefined): string {
  const query = new URLSearchParams({ ...parameters, ...(fresh !== undefined && { fresh }) });
  return query.size === 0 ? path : `${path}?${query}`;
}

function strongerSentence({ role, database, inWords }: StrongerSignIn): string {
  return `The role ${role} of ${database} asks for ${inWords}.`;
}

function chosenMethod({ signInMethods }: SignInContext, name: string | undefined): SignInMethod {
  const method = signInMethods.find((candidate) => candidate.name === name) ?? signInMethods[0];
  if (!method) throw new Error('there is no sign-in method');
  return method;
}

function passwordMethod(context: SignInContext, name: string | undefined): PasswordMethod {
  const method = chosenMethod(context, name);
  if (method.kind === 'password') return method;
  throw new Refusal('request_invalid', { what: 'This way to sign in takes no password here.' });
}
