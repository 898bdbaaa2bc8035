import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Audit } from '../../audit/index.ts';
import {
  type Clock,
  type ProvenSignIn,
  parsePrincipalId,
  Secret,
  type SignInProof,
  withFactor,
} from '../../core/index.ts';
import { newApp, type Passkeys, principalOf, type SignInMethod, signInStands } from '../../identity/index.ts';
import type { Person, Store } from '../../store/index.ts';
import { addApp, proveByCode, proveByPasskey } from '../flows/index.ts';
import type { FormGuard } from '../form-guard.ts';
import { factorPage, newAppPage, type PasskeyForm } from '../pages/index.ts';
import type { FirstStep } from '../pending-factors.ts';
import { formTargetsOf } from '../security-headers.ts';
import { sendPage } from '../send-page.ts';
import type { WaysBack } from '../ways-back.ts';
import {
  type EndContext,
  endSignIn,
  factorPath,
  homePlace,
  placeOf,
  type SignInPlace,
} from './end-of-first-step.ts';
import { mayChangeFactors } from './factor-change.ts';
import { visitPath } from './provider-routes.ts';
import { throttledSentence } from './throttled-sentence.ts';
import { waitingForSignIn } from './waiting-interaction.ts';

interface FactorContext extends EndContext {
  readonly waysBack: WaysBack;
  readonly issuer: string;
  readonly passkeys: Passkeys;
  readonly signInMethods: readonly SignInMethod[];
  readonly store: Pick<Store, 'people'>;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly forms: FormGuard;
}

type AtInteraction = FastifyRequest<{ Params: { uid: string } }>;
const codeForm = z.union([
  z.object({ code: z.string().max(200) }),
  z.object({ credential: z.string().min(1).max(32_768) }),
]);
const wrongCode = 'This code is not right, or it was used before. Wait for the next one and type that.';

/** Who is at the second step, and what they have for it. */
interface SecondStep {
  readonly place: SignInPlace;
  readonly step: FirstStep;
  readonly person: Person;
  /** Nobody chose a factor yet, and the request demands one: then it is set up here. */
  readonly setsUp: boolean;
}

/** `…/factor`: the second step of a sign-in, at whatever page it began. It lies below that page for the cookie's sake. */
export function factorRoutes(app: FastifyInstance, context: FactorContext): void {
  async function at(request: AtInteraction, reply: FastifyReply): Promise<SignInPlace> {
    const interaction = await waitingForSignIn(context, request, reply);
    return placeOf(interaction);
  }

  app.get(factorPath(homePlace), (request, reply) => show(context, request, reply, homePlace));
  app.post(factorPath(homePlace), (request, reply) => accept(context, request, reply, homePlace));
  app.get('/sign-in/:uid/factor', async (request: AtInteraction, reply) =>
    show(context, request, reply, await at(request, reply)),
  );
  app.post('/sign-in/:uid/factor', async (request: AtInteraction, reply) =>
    accept(context, request, reply, await at(request, reply)),
  );
}

/**
 * The first step: from the cookie that it left, or from the browser session of somebody whose request demands a factor.
 * Undefined when there is none, or nobody any more.
 */
async function secondStep(
  { pendingFactors, factors, store, clock }: FactorContext,
  request: FastifyRequest,
  place: SignInPlace,
): Promise<SecondStep | undefined> {
  const { accountId, stronger } = place.interaction ?? {};
  const demanded =
    stronger?.kind === 'factor' && accountId !== undefined
      ? {
          person: accountId,
          // The session is the proof: the request goes on with no other.
          mark: await store.people.signInMark(),
          proof: { methods: [...stronger.proof.methods], at: stronger.proof.at },
        }
      : undefined;
  const step = demanded ?? (await pendingFactors.read(request, factorPath(place)));
  const person = step && (await store.people.get(step.person));
  if (step === undefined || !signInStands(person, step.mark)) return undefined;
  const setsUp = (await factors.list(step.person)).length === 0;
  const maySetUp = demanded !== undefined && mayChangeFactors(demanded.proof, false, clock.now());
  return setsUp && !maySetUp ? undefined : { place, step, person, setsUp };
}

async function show(
  context: FactorContext,
  request: FastifyRequest,
  reply: FastifyReply,
  place: SignInPlace,
  error?: string,
): Promise<FastifyReply> {
  const second = await secondStep(context, request, place);
  if (second === undefined) return reply.redirect(`${place.path}?again=1`, 303);
  const { step, person } = second;
  const path = factorPath(place);
  const client = place.interaction?.client;
  const common = {
    action: path,
    formToken: context.forms.token(request, reply, purposeOf(second)),
    person: person.displayName,
    atProvider: providerOf(context, second),
    ...(client && { client }),
    ...(error !== undefined && { error }),
  };
  const targets = formTargetsOf(client?.redirectUri);
  if (!second.setsUp) {
    const passkey = await passkeyOf(context, reply, second, common.formToken);
    const hasApp = (await context.factors.list(step.person)).some(({ kind }) => kind === 'totp');
    return sendPage(
      reply,
      factorPage({ ...common, hasApp, ...(passkey && { passkey }) }),
      targets,
      passkey !== undefined,
    );
  }
  const { stronger } = place.interaction ?? {};
  const kept = await context.pendingFactors.readKey(request, path);
  const given = kept?.person === step.person ? new Secret(kept.key) : undefined;
  const app = newApp(context.issuer, person.displayName, given);
  await context.pendingFactors.keepKey(reply, path, { person: step.person, key: app.key.reveal() });
  const why = stronger && `The role ${stronger.role} of ${stronger.database} asks for ${stronger.inWords}.`;
  return sendPage(reply, newAppPage({ ...common, app, ...(why !== undefined && { why }) }), targets);
}

async function accept(
  context: FactorContext,
  request: FastifyRequest,
  reply: FastifyReply,
  place: SignInPlace,
): Promise<FastifyReply> {
  const second = await secondStep(context, request, place);
  if (second === undefined) return reply.redirect(`${place.path}?again=1`, 303);
  const { step } = second;
  const form = context.forms.read(request, purposeOf(second), codeForm);
  if ('credential' in form) return acceptPasskey(context, request, reply, second, form.credential);
  const code = new Secret(form.code);
  if (second.setsUp) {
    const kept = await context.pendingFactors.readKey(request, factorPath(place));
    if (kept?.person !== step.person) return reply.redirect(`${place.path}?again=1`, 303);
    const added = await addApp(context, request, step.person, new Secret(kept.key), code);
    if (!added) return show(context, request, reply.code(422), place, wrongCode);
    context.pendingFactors.endKey(reply);
    return endSignIn(context, request, reply, place, withProof(second, withFactor(step.proof, 'otp')));
  }
  const result = await proveByCode({
    ...context,
    step,
    code,
    remoteAddress: request.ip,
    requestId: request.id,
  });
  switch (result.outcome) {
    case 'proven':
      context.pendingFactors.end(reply);
      return endSignIn(context, request, reply, place, withProof(second, result.proof));
    case 'failed':
      return show(context, request, reply.code(422), place, wrongCode);
    case 'throttled':
      return show(context, request, reply, place, throttledSentence(reply, result.retryAfterMs));
  }
}

/** Asks the browser for a passkey of the person; undefined when they have none. */
async function passkeyOf(
  { factors, passkeys, pendingFactors }: FactorContext,
  reply: FastifyReply,
  { place, step }: SecondStep,
  formToken: string,
): Promise<PasskeyForm | undefined> {
  const own = (await factors.list(step.person)).filter(({ kind }) => kind === 'passkey');
  if (own.length === 0) return undefined;
  const action = factorPath(place);
  const { options, challenge } = await passkeys.askToProve(own);
  await pendingFactors.keepChallenge(reply, action, challenge);
  return { action, formToken, options, kind: 'prove' };
}

async function acceptPasskey(
  context: FactorContext,
  request: FastifyRequest,
  reply: FastifyReply,
  second: SecondStep,
  credential: string,
): Promise<FastifyReply> {
  const { place, step } = second;
  const proof = await proveByPasskey({
    ...context,
    step,
    challenge: await context.pendingFactors.readChallenge(request, factorPath(place)),
    credential,
    remoteAddress: request.ip,
    requestId: request.id,
  });
  if (proof === undefined)
    return show(context, request, reply.code(422), place, 'No passkey of yours was shown. Try again.');
  context.pendingFactors.end(reply);
  return endSignIn(context, request, reply, place, withProof(second, proof));
}

/** Where the person can prove the factor that the request demands, when their own provider is believed about it. */
function providerOf(
  { signInMethods }: FactorContext,
  { place, person }: SecondStep,
): { readonly label: string; readonly href: string } | undefined {
  const method = signInMethods.find(({ name }) => name === parsePrincipalId(person.id).method);
  if (place.interaction?.stronger === undefined || method?.kind !== 'redirect' || !method.attestsFactor)
    return undefined;
  return { label: method.label, href: visitPath(place.path, method.name) };
}

function withProof({ step, person }: SecondStep, proof: SignInProof): ProvenSignIn {
  return { principal: principalOf(person), proof, mark: step.mark };
}

function purposeOf({ place, step, setsUp }: SecondStep): string {
  return `${factorPath(place)} ${setsUp ? 'new' : 'code'} ${step.person}`;
}
