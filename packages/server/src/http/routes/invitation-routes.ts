import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Audit } from '../../audit/index.ts';
import { type Clock, principalId, Refusal, Secret } from '../../core/index.ts';
import { invitationPath, type SignInMethod } from '../../identity/index.ts';
import type { Store } from '../../store/index.ts';
import { signInWithPassword } from '../flows/index.ts';
import type { FormGuard } from '../form-guard.ts';
import { invitationEndedPage, invitationPage } from '../pages/index.ts';
import type { PendingPasswords } from '../pending-passwords.ts';
import { sendPage } from '../send-page.ts';
import { homePlace } from './end-of-first-step.ts';
import { firstPasswordPath } from './first-password-routes.ts';
import { throttledSentence } from './throttled-sentence.ts';

interface InvitationContext {
  readonly signInMethods: readonly SignInMethod[];
  readonly store: Pick<Store, 'people'>;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly forms: FormGuard;
  readonly pendingPasswords: PendingPasswords;
}

const endedSentence =
  'It was used, replaced by a newer one, or is more than seven days old. Ask whoever invited you for a new one.';

const link = z.object({ user: z.string().min(1).max(256), secret: z.string().min(1).max(256) });

/**
 * `/invitation`: the link that an administrator made. It proves what typing the first secret at the sign-in page
 * proves, by the same flow, and goes on to the same choice of a password.
 */
export function invitationRoutes(app: FastifyInstance, context: InvitationContext): void {
  app.get(invitationPath, async (request, reply) => {
    const { success, data } = link.safeParse(request.query);
    if (!success) return sendPage(reply.code(422), invitationEndedPage(endedSentence));
    const page = invitationPage({
      action: invitationPath,
      formToken: context.forms.token(request, reply, invitationPath),
      username: data.user,
      secret: data.secret,
    });
    return sendPage(reply, page);
  });

  app.post(invitationPath, async (request, reply) => {
    const { user, secret } = context.forms.read(request, invitationPath, link);
    const result = await signInWithPassword({
      ...context,
      people: context.store.people,
      method: localMethodOf(context),
      attempt: { username: user, password: new Secret(secret), remoteAddress: request.ip },
      requestId: request.id,
    });
    if (result.outcome === 'throttled')
      return sendPage(reply, invitationEndedPage(throttledSentence(reply, result.retryAfterMs)));
    // A password in a link proves nothing here: a stranger could sign others in as somebody of their own.
    if (result.outcome !== 'first_secret')
      return sendPage(reply.code(422), invitationEndedPage(endedSentence));
    const choice = firstPasswordPath(homePlace.path);
    const person = principalId(result.principal);
    await context.pendingPasswords.begin(request, reply, choice, { person, version: result.version });
    return reply.redirect(choice, 303);
  });
}

/** @throws Refusal `not_found`: nobody can be invited where no passwords are kept */
function localMethodOf({ signInMethods }: InvitationContext) {
  const method = signInMethods.find((known) => known.kind === 'password' && known.changes !== undefined);
  if (method?.kind !== 'password') throw new Refusal('not_found');
  return method;
}
