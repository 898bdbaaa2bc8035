import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Audit } from '../../audit/index.ts';
import { type Clock, parsePrincipalId, Refusal, Secret } from '../../core/index.ts';
import type { PasswordChanges, SignInMethod } from '../../identity/index.ts';
import type { AuthorizationServer } from '../../oauth/index.ts';
import type { Person, Store } from '../../store/index.ts';
import { changePassword } from '../flows/index.ts';
import type { FormGuard } from '../form-guard.ts';
import { passwordFaultInWords, passwordPage } from '../pages/index.ts';
import { sendPage } from '../send-page.ts';
import { endSignIn, homePlace } from './end-of-first-step.ts';
import { passwordChangesOf } from './password-changes-of.ts';
import { signedInPerson } from './signed-in-person.ts';
import { throttledSentence } from './throttled-sentence.ts';

interface PasswordContext {
  readonly authorizationServer: AuthorizationServer;
  readonly signInMethods: readonly SignInMethod[];
  readonly store: Pick<Store, 'people'>;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly forms: FormGuard;
}

const fields = z.object({
  current_password: z.string(),
  new_password: z.string(),
  new_password_again: z.string(),
});

/** `/password`: somebody who is signed in, and whose password is kept here, changes it (ASVS 6.2.2, 6.2.3). */
export function passwordRoutes(app: FastifyInstance, context: PasswordContext): void {
  app.get('/password', async (request, reply) => {
    const person = await signedInPerson(context, request, reply);
    if (!person) return reply.redirect('/sign-in', 303);
    changesOf(context, person);
    return showForm(context, request, reply, person);
  });

  app.post('/password', async (request, reply) => {
    const person = await signedInPerson(context, request, reply);
    if (!person) throw new Refusal('cross_site');
    const proof = await context.authorizationServer.proof(request.raw, reply.raw);
    if (proof === undefined) throw new Refusal('cross_site');
    const form = context.forms.read(request, purposeOf(person), fields);
    const refuse = (error: string) => showForm(context, request, reply, person, error);
    const result = await changePassword({
      ...context,
      people: context.store.people,
      changes: changesOf(context, person),
      person: parsePrincipalId(person.id),
      proof: {
        kind: 'current_password',
        password: new Secret(form.current_password),
        remoteAddress: request.ip,
      },
      wanted: new Secret(form.new_password),
      again: new Secret(form.new_password_again),
      remoteAddress: request.ip,
      requestId: request.id,
    });
    switch (result.outcome) {
      case 'changed':
        // A new session, with what the one of before proved: knowing the password adds nothing to that.
        return endSignIn(
          context,
          request,
          reply,
          { ...homePlace, nextPath: '/?done=password' },
          { ...result, proof },
        );
      case 'refused':
        reply.code(422);
        return refuse(passwordFaultInWords(result.fault));
      case 'failed':
        reply.code(422);
        return refuse('The current password is not right. Type it again.');
      case 'throttled':
        return refuse(throttledSentence(reply, result.retryAfterMs));
    }
  });
}

/** @throws Refusal `not_found`: there is no such page for people whose password another system keeps. */
function changesOf({ signInMethods }: PasswordContext, { id }: Person): PasswordChanges {
  const changes = passwordChangesOf(signInMethods, id);
  if (changes === undefined) throw new Refusal('not_found');
  return changes;
}

function purposeOf({ id }: Person): string {
  return `/password ${id}`;
}

function showForm(
  { forms }: PasswordContext,
  request: FastifyRequest,
  reply: FastifyReply,
  person: Person,
  error?: string,
): FastifyReply {
  const formToken = forms.token(request, reply, purposeOf(person));
  return sendPage(
    reply,
    passwordPage({ formToken, person: person.displayName, ...(error !== undefined && { error }) }),
  );
}
