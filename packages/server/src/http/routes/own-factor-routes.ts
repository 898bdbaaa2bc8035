import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Audit } from '../../audit/index.ts';
import type { Config } from '../../config/index.ts';
import { type Clock, type ProvenSignIn, Refusal, Secret, withFactor } from '../../core/index.ts';
import { newApp, type Passkeys, principalOf, type SecondFactors } from '../../identity/index.ts';
import type { AuthorizationServer } from '../../oauth/index.ts';
import type { Person, Store } from '../../store/index.ts';
import { addApp } from '../flows/index.ts';
import type { FormGuard } from '../form-guard.ts';
import { newAppPage, ownFactorsPage, recoveryCodesPage } from '../pages/index.ts';
import type { PendingFactors } from '../pending-factors.ts';
import { sendPage } from '../send-page.ts';
import { demandedFactor } from './demanded-factor.ts';
import { endSignIn, homePlace } from './end-of-first-step.ts';
import { mayChangeFactors } from './factor-change.ts';
import { signedInPerson } from './signed-in-person.ts';

interface OwnFactorContext {
  readonly config: () => Config;
  readonly authorizationServer: AuthorizationServer;
  readonly factors: SecondFactors;
  readonly passkeys: Passkeys;
  readonly pendingFactors: PendingFactors;
  readonly store: Pick<Store, 'people'>;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly forms: FormGuard;
  readonly issuer: string;
}

/** Where somebody who is signed in sets up an authenticator app. */
export const newAppPath = '/factors/app';

/** Having set a factor up is having proven it: the session goes on as one with a factor. */
const added = { ...homePlace, nextPath: '/factors?done=added' };

/** Each is tried for a code that somebody types, and shown on one page. */
const mostFactors = 20;

const passkeyPath = '/factors/passkey';
const credentialForm = z.object({ credential: z.string().max(32_768) });
const noFields = z.object({});
const codeForm = z.object({ code: z.string().max(200) });
const query = z.object({ done: z.enum(['added', 'removed']).optional().catch(undefined) });

/** `/factors`: what somebody who is signed in proves beside a password. */
export function ownFactorRoutes(app: FastifyInstance, context: OwnFactorContext): void {
  const { factors, audit, authorizationServer } = context;

  app.get('/factors', async (request, reply) => {
    const person = await signedInPerson(context, request, reply);
    if (!person) return reply.redirect('/sign-in', 303);
    const [own, recoveryCodesLeft, proof] = await Promise.all([
      factors.list(person.id),
      factors.recoveryCodesLeft(person.id),
      authorizationServer.proof(request.raw, reply.raw),
    ]);
    const { done } = query.parse(request.query);
    const may = mayChangeFactors(proof, own.length > 0, context.clock.now());
    const formToken = context.forms.token(request, reply, purposeOf(person));
    const question =
      may && context.passkeys.offered
        ? await context.passkeys.askToMake(person.id, person.displayName)
        : undefined;
    if (question !== undefined)
      await context.pendingFactors.keepChallenge(reply, passkeyPath, question.challenge);
    const page = ownFactorsPage({
      person: person.displayName,
      formToken,
      ...(question && {
        passkey: { action: passkeyPath, formToken, options: question.options, kind: 'make' },
      }),
      now: context.clock.now(),
      factors: own,
      recoveryCodesLeft,
      mayChange: may,
      done,
    });
    return sendPage(reply, page, [], question !== undefined);
  });

  app.get(newAppPath, async (request, reply) => {
    const { person } = await adder(context, request, reply);
    return showNewApp(context, request, reply, person);
  });

  app.post(newAppPath, async (request, reply) => {
    const { person, proof, mark } = await adder(context, request, reply);
    const code = new Secret(context.forms.read(request, purposeOf(person), codeForm).code);
    const kept = await context.pendingFactors.readKey(request, newAppPath);
    const isAdded =
      kept?.person === person.id && (await addApp(context, request, person.id, new Secret(kept.key), code));
    if (!isAdded)
      return showNewApp(
        context,
        request,
        reply.code(422),
        person,
        'This code is not right. Type the one that the app shows now.',
      );
    context.pendingFactors.endKey(reply);
    return endSignIn(context, request, reply, added, {
      principal: principalOf(person),
      proof: withFactor(proof, 'otp'),
      mark,
    });
  });

  app.post(passkeyPath, async (request, reply) => {
    const { person, proof, mark } = await adder(context, request, reply);
    const { credential } = context.forms.read(request, purposeOf(person), credentialForm);
    const challenge = await context.pendingFactors.readChallenge(request, passkeyPath);
    const made = challenge && (await context.passkeys.readMade(challenge, credential));
    if (!made)
      throw new Refusal('request_invalid', { what: 'The passkey was not made. Go back and try again.' });
    await audit.recordDurably({ ...about(person, request), action: 'added', factor: 'passkey' });
    await context.passkeys.add(person.id, 'Passkey', made);
    return endSignIn(context, request, reply, added, {
      principal: principalOf(person),
      proof: withFactor(proof, 'pop'),
      mark,
    });
  });

  app.post('/factors/recovery-codes', async (request, reply) => {
    const { person } = await changer(context, request, reply);
    context.forms.read(request, purposeOf(person), noFields);
    if ((await factors.list(person.id)).length === 0) throw new Refusal('not_found');
    await audit.recordDurably({ ...about(person, request), action: 'recovery_codes_made' });
    const codes = await factors.newRecoveryCodes(person.id);
    return sendPage(reply.code(201), recoveryCodesPage(codes.map((code) => code.reveal())));
  });

  app.post<{ Params: { id: string } }>('/factors/:id/remove', async (request, reply) => {
    const { person } = await changer(context, request, reply);
    context.forms.read(request, purposeOf(person), noFields);
    const factor = (await factors.list(person.id)).find(({ id }) => id === request.params.id);
    if (factor === undefined) throw new Refusal('not_found');
    await audit.recordDurably({ ...about(person, request), action: 'removed', factor: factor.kind });
    // Gone meanwhile is gone as well: the record is true either way.
    await factors.remove(person.id, factor.id);
    return reply.redirect('/factors?done=removed', 303);
  });
}

/** Who may change their factors here and now. @throws Refusal `forbidden`, `cross_site` */
async function changer(
  context: OwnFactorContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<{ readonly person: Person } & Pick<ProvenSignIn, 'proof' | 'mark'>> {
  const { authorizationServer, factors, store, clock } = context;
  const mark = await store.people.signInMark();
  const person = await signedInPerson(context, request, reply);
  const proof = await authorizationServer.proof(request.raw, reply.raw);
  if (!person || !proof) throw new Refusal('cross_site');
  const hasFactor = (await factors.list(person.id)).length > 0;
  if (!mayChangeFactors(proof, hasFactor, clock.now()))
    throw new Refusal('forbidden', { what: 'your sign-in is too long ago for that. Sign in again first.' });
  return { person, proof, mark };
}

/**
 * Who may add one more. Several forms at the same moment may end a little above the bound.
 * @throws Refusal `forbidden`, `cross_site`, `request_invalid`
 */
async function adder(
  context: OwnFactorContext,
  request: FastifyRequest,
  reply: FastifyReply,
): ReturnType<typeof changer> {
  const known = await changer(context, request, reply);
  if ((await context.factors.list(known.person.id)).length >= mostFactors)
    throw new Refusal('request_invalid', { what: `You have ${mostFactors} already. Remove one first.` });
  return known;
}

async function showNewApp(
  { config, factors, pendingFactors, forms, issuer }: OwnFactorContext,
  request: FastifyRequest,
  reply: FastifyReply,
  person: Person,
  error?: string,
): Promise<FastifyReply> {
  const kept = await pendingFactors.readKey(request, newAppPath);
  const app = newApp(
    issuer,
    person.displayName,
    kept?.person === person.id ? new Secret(kept.key) : undefined,
  );
  await pendingFactors.keepKey(reply, newAppPath, { person: person.id, key: app.key.reveal() });
  const hasFactor = (await factors.list(person.id)).length > 0;
  const why = hasFactor ? undefined : demandedFactor(config(), principalOf(person));
  const page = newAppPage({
    action: newAppPath,
    formToken: forms.token(request, reply, purposeOf(person)),
    person: person.displayName,
    app,
    later: '/factors',
    ...(why !== undefined && { why }),
    ...(error !== undefined && { error }),
  });
  return sendPage(reply, page);
}

function purposeOf({ id }: Person): string {
  return `/factors ${id}`;
}

function about({ id }: Person, request: FastifyRequest) {
  return { type: 'second_factor', person: id, remoteAddress: request.ip, request: request.id } as const;
}
