import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Principal } from '../../../core/index.ts';
import { principalOf } from '../../../identity/index.ts';
import { applicationPage, applicationSecretPage } from '../../pages/index.ts';
import { sendPage } from '../../send-page.ts';
import { nameForOthers } from '../name-for-others.ts';
import {
  type DeveloperContext,
  developerOfForm,
  purposeOf,
  signedInDeveloper,
} from './signed-in-developer.ts';

type OneApplication = { Params: { id: string } };

const noFields = z.object({});
const query = z.object({ done: z.enum(['approved', 'disconnected']).optional().catch(undefined) });
const rotateFields = z.object({ overlap: z.enum(['0', '1', '24', '168']) });

/** `/developer/applications/:id`: one application, and what its developer or an administrator does to it. */
export function applicationRoutes(app: FastifyInstance, context: DeveloperContext): void {
  const { applications, config, forms, store, clock } = context;

  app.get<OneApplication>('/developer/applications/:id', async (request, reply) => {
    const person = await signedInDeveloper(context, request, reply);
    if (!person) return reply.redirect('/sign-in', 303);
    const principal = principalOf(person);
    const application = await applications.details(principal, request.params.id);
    const { errors, uses } = await applications.activity(principal, application.id);
    const { owner, decidedBy } = application;
    const { done } = query.parse(request.query);
    const page = applicationPage({
      person: person.displayName,
      formToken: forms.token(request, reply, purposeOf(person)),
      now: clock.now(),
      application,
      own: owner === person.id,
      ...(owner !== undefined && { registeredBy: nameForOthers(owner, await store.people.get(owner)) }),
      ...(decidedBy !== undefined && {
        approvedBy: nameForOthers(decidedBy, await store.people.get(decidedBy)),
      }),
      mayApprove: applications.mayApprove(principal),
      errors,
      people: await Promise.all(
        uses.map(async ({ personId, times, lastAt, database, role }) => ({
          name: (await store.people.get(personId))?.displayName ?? personId,
          times,
          lastAt,
          ...(database !== undefined && { database }),
          ...(role !== undefined && { role }),
        })),
      ),
      ...(done !== undefined && { done }),
    });
    return sendPage(reply, page);
  });

  app.post<OneApplication>('/developer/applications/:id/rotate', async (request, reply) => {
    const person = await developerOfForm(context, request, reply);
    const { overlap } = forms.read(request, purposeOf(person), rotateFields);
    const principal = principalOf(person);
    const { id, name } = await applications.details(principal, request.params.id);
    const secret = await applications.rotateSecret(principal, id, Number(overlap) * 3_600_000);
    const page = applicationSecretPage({
      person: person.displayName,
      clientId: id,
      name,
      issuer: config().issuer,
      secret: secret.reveal(),
      before:
        overlap === '0'
          ? 'The old secret works no longer.'
          : `The old secret works for ${overlap} more hours.`,
    });
    return sendPage(reply.code(201), page);
  });

  const act = (
    action: string,
    work: (by: Principal, id: string) => Promise<void>,
    next: (id: string) => string,
  ) =>
    app.post<OneApplication>(`/developer/applications/:id/${action}`, async (request, reply) => {
      const person = await developerOfForm(context, request, reply);
      forms.read(request, purposeOf(person), noFields);
      await work(principalOf(person), request.params.id);
      return reply.redirect(next(request.params.id), 303);
    });
  const back = (what: string) => (id: string) =>
    `/developer/applications/${encodeURIComponent(id)}?done=${what}`;
  act('approve', applications.approve, back('approved'));
  act('disconnect', applications.disconnectAll, back('disconnected'));
  act('remove', applications.remove, () => '/developer?done=removed');
}
