import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { principalOf } from '../../../identity/index.ts';
import { developerPage } from '../../pages/index.ts';
import { sendPage } from '../../send-page.ts';
import { applicationRoutes } from './application-routes.ts';
import { registerApplicationRoutes } from './register-application-routes.ts';
import { type DeveloperContext, signedInDeveloper } from './signed-in-developer.ts';

const query = z.object({ done: z.enum(['removed']).optional().catch(undefined) });

/** `/developer`: the applications that somebody registers for themselves, and the approval of others'. */
export function developerRoutes(app: FastifyInstance, context: DeveloperContext): void {
  const { applications } = context;

  app.get('/developer', async (request, reply) => {
    const person = await signedInDeveloper(context, request, reply);
    if (!person) return reply.redirect('/sign-in', 303);
    const principal = principalOf(person);
    const page = developerPage({
      person: person.displayName,
      own: await applications.ownedBy(person.id),
      waiting: applications.mayApprove(principal) ? await applications.waiting() : undefined,
      mayRegister: applications.mayRegister(principal),
      ...(query.parse(request.query).done === 'removed' && { done: 'removed' }),
    });
    return sendPage(reply, page);
  });

  // Apart, since its form alone may carry a file.
  app.register(async (registering) => registerApplicationRoutes(registering, context));
  applicationRoutes(app, context);
}
