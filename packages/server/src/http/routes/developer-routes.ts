import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Config } from '../../config/index.ts';
import { type Clock, type Principal, Refusal } from '../../core/index.ts';
import { principalOf } from '../../identity/index.ts';
import type { Applications, AuthorizationServer, WantedApplication } from '../../oauth/index.ts';
import { qualifyingRoles } from '../../policy/index.ts';
import type { Person, Store } from '../../store/index.ts';
import type { FormGuard } from '../form-guard.ts';
import { logoImage } from '../logo-image.ts';
import { readMultipart } from '../multipart-form.ts';
import {
  applicationPage,
  applicationSecretPage,
  developerPage,
  type NewApplicationPage,
  newApplicationPage,
} from '../pages/index.ts';
import { sendPage } from '../send-page.ts';
import { nameForOthers } from './name-for-others.ts';
import { signedInPerson } from './signed-in-person.ts';

interface DeveloperContext {
  readonly config: () => Config;
  readonly authorizationServer: AuthorizationServer;
  readonly applications: Applications;
  readonly store: Pick<Store, 'people'>;
  readonly clock: Clock;
  readonly forms: FormGuard;
}

type OneApplication = { Params: { id: string } };

const noFields = z.object({});
const done = z.object({
  done: z.enum(['approved', 'disconnected', 'removed']).optional().catch(undefined),
});
const rotateFields = z.object({ overlap: z.enum(['0', '1', '24', '168']) });
const newFields = z.object({
  name: z.string(),
  redirect_uris: z.string(),
  other_scopes: z.string(),
  scope: z
    .union([z.string(), z.array(z.string())])
    .default([])
    .transform((scopes) => [scopes].flat()),
  kind: z.enum(['server', 'program']),
  logo: z.object({ bytes: z.instanceof(Buffer) }).optional(),
});
type NewFields = z.output<typeof newFields>;

/** `/developer`: the applications that somebody registers for themselves, and the approval of others'. */
export function developerRoutes(app: FastifyInstance, context: DeveloperContext): void {
  const { applications, config, forms, store, clock } = context;

  app.get('/developer', async (request, reply) => {
    const person = await welcome(context, request, reply);
    if (!person) return reply.redirect('/sign-in', 303);
    const principal = principalOf(person);
    const page = developerPage({
      person: person.displayName,
      own: await applications.ownedBy(person.id),
      waiting: applications.mayApprove(principal) ? await applications.waiting() : undefined,
      mayRegister: applications.mayRegister(principal),
      ...(done.parse(request.query).done === 'removed' && { done: 'removed' }),
    });
    return sendPage(reply, page);
  });

  app.register(async (registering) => {
    registering.addContentTypeParser(
      'multipart/form-data',
      { parseAs: 'buffer' },
      async (request: FastifyRequest, body: Buffer) =>
        readMultipart(request.headers['content-type'] ?? '', body),
    );

    registering.get('/developer/new', async (request, reply) => {
      const person = await welcome(context, request, reply);
      if (!person) return reply.redirect('/sign-in', 303);
      return sendPage(reply, newApplicationPage(newPage(context, request, reply, person)));
    });

    registering.post('/developer/new', async (request, reply) => {
      const person = await formPerson(context, request, reply);
      const fields = forms.read(request, purposeOf(person), newFields);
      try {
        const wanted = wantedFrom(fields);
        const { clientId, secret } = await applications.register(principalOf(person), wanted);
        const page = applicationSecretPage({
          person: person.displayName,
          clientId,
          name: wanted.name,
          issuer: config().issuer,
          secret: secret?.reveal(),
        });
        return sendPage(reply.code(201), page);
      } catch (thrown) {
        if (!(thrown instanceof Refusal) || thrown.code !== 'request_invalid') throw thrown;
        const again = newPage(context, request, reply, person, { error: thrown.message, fields });
        return sendPage(reply.code(422), newApplicationPage(again));
      }
    });
  });

  app.get<OneApplication>('/developer/applications/:id', async (request, reply) => {
    const person = await welcome(context, request, reply);
    if (!person) return reply.redirect('/sign-in', 303);
    const principal = principalOf(person);
    const application = await applications.details(principal, request.params.id);
    const { errors, uses } = await applications.activity(principal, application.id);
    const { owner, decidedBy } = application;
    const ended = done.parse(request.query).done;
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
      ...(ended !== undefined && ended !== 'removed' && { done: ended }),
    });
    return sendPage(reply, page);
  });

  app.post<OneApplication>('/developer/applications/:id/rotate', async (request, reply) => {
    const person = await formPerson(context, request, reply);
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
    return sendPage(reply, page);
  });

  const act = (
    action: string,
    work: (by: Principal, id: string) => Promise<void>,
    next: (id: string) => string,
  ) =>
    app.post<OneApplication>(`/developer/applications/:id/${action}`, async (request, reply) => {
      const person = await formPerson(context, request, reply);
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

/**
 * Who is signed in; undefined when nobody is. Whoever may neither register nor approve gets no page.
 * @throws Refusal `not_found`
 */
async function welcome(
  context: DeveloperContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Person | undefined> {
  const person = await signedInPerson(context, request, reply);
  if (!person) return undefined;
  const principal = principalOf(person);
  const { applications } = context;
  if (!applications.mayRegister(principal) && !applications.mayApprove(principal))
    throw new Refusal('not_found');
  return person;
}

/** @throws Refusal `cross_site` */
async function formPerson(
  context: DeveloperContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Person> {
  const person = await welcome(context, request, reply);
  if (!person) throw new Refusal('cross_site');
  return person;
}

function purposeOf({ id }: Person): string {
  return `/developer ${id}`;
}

/** @throws Refusal `request_invalid` */
function wantedFrom(fields: NewFields): WantedApplication {
  const logo = fields.logo && logoImage(fields.logo.bytes);
  return {
    name: fields.name.trim(),
    redirectUris: wordsOf(fields.redirect_uris),
    scopes: [...new Set([...fields.scope, ...wordsOf(fields.other_scopes)])],
    confidential: fields.kind === 'server',
    ...(logo !== undefined && { logo }),
  };
}

function wordsOf(text: string): readonly string[] {
  return text.split(/\s+/).filter(Boolean);
}

function newPage(
  { config, forms }: DeveloperContext,
  request: FastifyRequest,
  reply: FastifyReply,
  person: Person,
  again?: { readonly error: string; readonly fields: NewFields },
): NewApplicationPage {
  return {
    person: person.displayName,
    formToken: forms.token(request, reply, purposeOf(person)),
    scopes: offeredScopes(config(), principalOf(person)),
    needsApproval: config().registration.approvedBy !== undefined,
    ...(again && {
      error: again.error,
      given: {
        name: again.fields.name,
        redirectUris: again.fields.redirect_uris,
        scopes: again.fields.scope,
        otherScopes: again.fields.other_scopes,
        confidential: again.fields.kind === 'server',
      },
    }),
  };
}

/** What the developer has a role for; other databases are not told by name. */
function offeredScopes({ databases }: Config, principal: Principal): readonly string[] {
  return [...databases.values()].flatMap((database) => {
    const roles = qualifyingRoles(principal, '', database);
    return roles.length === 0
      ? []
      : [`db:${database.name}`, ...roles.map(({ name }) => `db:${database.name}:${name}`)];
  });
}
