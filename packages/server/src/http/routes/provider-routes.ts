import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { noWish, type ProvenSignIn, principalId, Refusal, type SignInWish } from '../../core/index.ts';
import {
  type PostedAnswers,
  principalOf,
  type RedirectMethod,
  type SignInFailure,
  signInStands,
} from '../../identity/index.ts';
import type { Interaction, ProviderWord } from '../../oauth/index.ts';
import { concludeSignIn, type SignInParts, signInAtProvider } from '../flows/index.ts';
import { largeAnswers } from '../large-answers.ts';
import type { ProviderVisits } from '../provider-visits.ts';
import { endFirstStep, homePlace, placeOf } from './end-of-first-step.ts';
import { changeWithinMs, goesOnToFactor } from './factor-change.ts';
import type { SignInContext } from './sign-in-context.ts';
import { waitingForSignIn } from './waiting-interaction.ts';

interface ProviderContext extends SignInContext {
  readonly issuer: string;
  readonly providerVisits: ProviderVisits;
  readonly providerWord: Pick<ProviderWord, 'keep'>;
}

/** Where a provider sends the browser back to: what an administrator registers there. */
export function callbackUri(issuer: string, method: string): string {
  return `${issuer}/sign-in/callback/${method}`;
}

/** Where a provider reads what it must know of us; the address is our name there as well. */
export function metadataUri(issuer: string, method: string): string {
  return `${issuer}/sign-in/metadata/${method}`;
}

/** Where a provider sends messages about signing out. */
export function signOutUri(issuer: string, method: string): string {
  return `${issuer}/sign-out/from/${method}`;
}

/** Where a sign-in page sends somebody who wants to sign in elsewhere. */
export function visitPath(place: string, method: string): string {
  return `${place}/with/${encodeURIComponent(method)}`;
}

const home = '/sign-in';

/** What a provider may post: 192 KiB of a message as base64, some of whose signs take three in a form. */
const postedAtMost = 320 * 1024;

const freshQuery = z.object({ fresh: z.string().optional().catch(undefined) });
const postedForm = z.object({ SAMLResponse: z.string(), RelayState: z.string().default('') });
const methodName = z.string().max(63);

interface AtMethod {
  readonly Params: { readonly method: string };
}
interface AtInteraction {
  readonly Params: { readonly uid: string };
}

/**
 * To a provider and back: `…/with/:method` sends the browser there, `/sign-in/callback/:method` takes its answer, and
 * `…/continue` ends the sign-in where it began, because the browser sends the cookie of a waiting request only there.
 */
export function providerRoutes(app: FastifyInstance, context: ProviderContext): void {
  const { providerVisits } = context;

  app.get<AtMethod>(`${home}/with/:method`, (request, reply) => {
    const wish =
      freshQuery.parse(request.query).fresh === undefined ? noWish : { ...noWish, withinMs: changeWithinMs };
    return visit(context, request, reply, home, wish);
  });

  app.get<AtInteraction & AtMethod>(`${home}/:uid/with/:method`, async (request, reply) => {
    const interaction = await waitingForSignIn(context, request, reply);
    return visit(context, request, reply, `${home}/${interaction.uid}`, await wishOf(context, interaction));
  });

  app.get<AtMethod>(`${home}/callback/:method`, async (request, reply) => {
    const method = providerNamed(context, request.params.method);
    const answer = new URL(request.url, context.issuer);
    const state = answer.searchParams.get('state') ?? '';
    const begun = await providerVisits.end(request, reply, method.name, state);
    const place = begun?.place ?? home;
    const outcome = await signInAtProvider({
      ...partsOf(context, request),
      method,
      answer,
      memory: begun?.memory,
      providerWord: context.providerWord,
    });
    if (outcome.outcome === 'failed') return goBack(request, reply, place, method, outcome);
    const { principal, proof, mark } = outcome;
    await providerVisits.proven.put(reply, place, {
      person: principalId(principal),
      mark,
      proof: { methods: [...proof.methods], at: proof.at },
    });
    return reply.redirect(`${place}/continue`, 303);
  });

  const large = largeAnswers();
  const posting = {
    bodyLimit: postedAtMost,
    onRequest: async (request: FastifyRequest<AtMethod>, reply: FastifyReply) => {
      // Nothing so large is read for a method that there is not.
      postingMethod(context, request.params.method);
      await large.admit(request, reply);
    },
    preValidation: large.read,
  };
  app.post<AtMethod>(`${home}/callback/:method`, posting, async (request, reply) => {
    const method = postingMethod(context, request.params.method);
    const form = postedForm.safeParse(request.body);
    if (!form.success)
      throw new Refusal('request_invalid', {
        what: 'This is no answer of your identity provider. Sign in again.',
      });
    const { query, failure } = await method.posted.receive(form.data);
    if (failure !== undefined) logFailure(request, method, failure);
    return reply.redirect(`${callbackUri(context.issuer, method.name)}?${query}`, 303);
  });

  app.get<AtMethod>(`${home}/metadata/:method`, async (request, reply) => {
    const { posted } = postingMethod(context, request.params.method);
    return reply.type('application/samlmetadata+xml').send(await posted.metadata());
  });

  app.get(`${home}/continue`, async (request, reply) => {
    const proven = await provenAt(context, request, reply, home);
    if (proven === undefined) return reply.redirect(`${home}?again=1`, 303);
    return endFirstStep(context, request, reply, homePlace, proven);
  });

  app.get<AtInteraction>(`${home}/:uid/continue`, async (request, reply) => {
    const interaction = await waitingForSignIn(context, request, reply);
    const place = `${home}/${interaction.uid}`;
    const proven = await provenAt(context, request, reply, place);
    if (proven === undefined) return reply.redirect(`${place}?again=1`, 303);
    return endFirstStep(context, request, reply, placeOf(interaction), proven);
  });
}

/** Who is to set up a factor here signs in anew for that, also where the provider could have proved one. */
async function wishOf(context: ProviderContext, interaction: Interaction): Promise<SignInWish> {
  const { wish, stronger } = interaction;
  const setsUp = stronger?.kind === 'factor' && !(await goesOnToFactor(context, interaction));
  return setsUp ? { ...wish, withinMs: Math.min(changeWithinMs, wish.withinMs ?? changeWithinMs) } : wish;
}

async function visit(
  context: ProviderContext,
  request: FastifyRequest<AtMethod>,
  reply: FastifyReply,
  place: string,
  wish: SignInWish,
): Promise<FastifyReply> {
  const method = providerNamed(context, request.params.method);
  const begun = await method.begin(wish);
  if (begun.outcome === 'failed') {
    await concludeSignIn(method.name, async () => begun, partsOf(context, request));
    return goBack(request, reply, place, method, begun);
  }
  await context.providerVisits.begin(reply, method.name, { memory: begun.memory, place });
  return reply.redirect(begun.location.href, 303);
}

/** Whoever the provider proved a moment ago, and who is still somebody; the proof is gone then. */
async function provenAt(
  { providerVisits, store }: ProviderContext,
  request: FastifyRequest,
  reply: FastifyReply,
  place: string,
): Promise<ProvenSignIn | undefined> {
  const proven = await providerVisits.proven.read(request, place);
  providerVisits.proven.end(reply);
  const person = proven && (await store.people.get(proven.person));
  if (proven === undefined || !signInStands(person, proven.mark)) return undefined;
  return { principal: principalOf(person), proof: proven.proof, mark: proven.mark };
}

function partsOf(context: ProviderContext, request: FastifyRequest): SignInParts {
  const { audit, store, clock } = context;
  return { requestId: request.id, remoteAddress: request.ip, audit, people: store.people, clock };
}

/** The detail is for the operator; the page says only what kind of failure it was. */
function goBack(
  request: FastifyRequest,
  reply: FastifyReply,
  place: string,
  method: RedirectMethod,
  failure: SignInFailure,
): FastifyReply {
  logFailure(request, method, failure);
  const query = new URLSearchParams({ method: method.name, failed: failure.reason });
  return reply.redirect(`${place}?${query}`, 303);
}

function logFailure(
  request: FastifyRequest,
  method: RedirectMethod,
  { reason, detail }: SignInFailure,
): void {
  request.log.warn({ request: request.id, method: method.name, reason, detail }, 'a provider proved nobody');
}

/** Only a method whose answers are posted. */
function postingMethod(context: ProviderContext, name: string): RedirectMethod & { posted: PostedAnswers } {
  const method = providerNamed(context, name);
  if (method.posted === undefined) throw new Refusal('not_found');
  return { ...method, posted: method.posted };
}

function providerNamed({ signInMethods }: ProviderContext, name: string): RedirectMethod {
  const wanted = methodName.safeParse(name).data;
  const method = signInMethods.find((candidate) => candidate.name === wanted);
  if (method?.kind !== 'redirect') throw new Refusal('not_found');
  return method;
}
