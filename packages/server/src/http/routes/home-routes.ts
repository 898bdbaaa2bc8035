import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Config, clientAddress } from '../../config/index.ts';
import { type Clock, type EngineName, type Principal, parsePrincipalId, Refusal } from '../../core/index.ts';
import { principalOf, type SignInMethod, type SignOutThere } from '../../identity/index.ts';
import {
  type Applications,
  type AuthorizationServer,
  commandLineClient,
  type ProviderWord,
} from '../../oauth/index.ts';
import { qualifyingRoles } from '../../policy/index.ts';
import type { Person, Store } from '../../store/index.ts';
import type { FormGuard } from '../form-guard.ts';
import type { LiveSessionControl } from '../live-session-control.ts';
import {
  connectSnippets,
  type HomePage,
  homePage,
  landingPage,
  type ReachableDatabase,
  type SnippetTarget,
  signOutTherePage,
} from '../pages/index.ts';
import { sendPage } from '../send-page.ts';
import { applicationsIn } from './applications-in.ts';
import { passwordChangesOf } from './password-changes-of.ts';
import { signedInPerson } from './signed-in-person.ts';

interface HomeContext {
  readonly config: () => Config;
  readonly authorizationServer: AuthorizationServer;
  readonly signInMethods: readonly SignInMethod[];
  readonly applications: Applications;
  readonly store: Pick<Store, 'people' | 'activity'>;
  readonly clock: Clock;
  readonly forms: FormGuard;
  readonly sessions: LiveSessionControl;
  readonly providerWord: Pick<ProviderWord, 'signOutAddress'>;
  readonly doorPort?: (engine: EngineName) => number | undefined;
}

/** The snippets sign in with the command line, so the page shows what policy gives through that client. */
const snippetClient = commandLineClient;

const noFields = z.object({});
const query = z.object({
  done: z.enum(['application', 'session', 'password']).optional().catch(undefined),
  signed_out: z.string().optional().catch(undefined),
});

const signedOutPath = '/sign-out/done';

/** Where a provider sends the browser after it signed out there: what an administrator registers there. */
function signedOutUri(issuer: string): string {
  return `${issuer}${signedOutPath}`;
}

/** `/`, and what its buttons do. */
export function homeRoutes(app: FastifyInstance, context: HomeContext): void {
  const { authorizationServer, sessions } = context;

  app.get('/', async (request, reply) => {
    const { done, signed_out } = query.parse(request.query);
    const person = await signedInPerson(context, request, reply);
    if (!person) return sendPage(reply, landingPage({ signedOut: signed_out !== undefined }));
    return sendPage(reply, await homeOf(context, request, reply, person, done));
  });

  app.post('/sign-out', async (request, reply) => {
    const person = await signedInPerson(context, request, reply);
    if (!person) return reply.redirect('/', 303);
    context.forms.read(request, purposeOf(person), noFields);
    const there = await signOutThere(context, person);
    await authorizationServer.signOut(request.raw, reply.raw);
    if (there.outcome === 'failed')
      request.log.warn(
        { request: request.id, person: person.id, detail: there.detail },
        'signed out here, and not at the identity provider: its sign-out could not be begun',
      );
    if (there.outcome !== 'redirect') return reply.redirect('/?signed_out=1', 303);
    const { location } = there;
    // Not a redirect: the page with the button may lead to no other site (its policy has our own address alone).
    reply.header('refresh', `0;url=${location.href}`);
    return sendPage(reply, signOutTherePage({ address: location.href, host: location.host }));
  });

  app.post('/sign-out/everywhere', async (request, reply) => {
    const person = await formPerson(context, request, reply);
    await authorizationServer.endEverything(person.id, 'you signed out everywhere', person.id);
    await authorizationServer.signOut(request.raw, reply.raw);
    return reply.redirect('/?signed_out=1', 303);
  });

  app.get(signedOutPath, (_request, reply) => reply.redirect('/?signed_out=1', 303));

  app.post<{ Params: { client: string } }>('/applications/:client/end', async (request, reply) => {
    const person = await formPerson(context, request, reply);
    const consents = await authorizationServer.consents(person.id);
    const own = consents.filter(({ clientId }) => clientId === request.params.client);
    if (own.length === 0) throw new Refusal('not_found');
    for (const { id } of own) await authorizationServer.revokeConsent(id, person.id);
    return reply.redirect('/?done=application', 303);
  });

  app.post<{ Params: { id: string } }>('/sessions/:id/end', async (request, reply) => {
    const person = await formPerson(context, request, reply);
    if (!(await sessions.end(person.id, request.params.id))) throw new Refusal('not_found');
    return reply.redirect('/?done=session', 303);
  });
}

/** Where the person's provider ends its own session with them. */
async function signOutThere(
  { config, providerWord, signInMethods }: HomeContext,
  { id }: Person,
): Promise<SignOutThere> {
  const method = signInMethods.find(({ name }) => name === parsePrincipalId(id).method);
  return method?.kind === 'redirect' && method.carriedSignOut !== undefined
    ? await method.carriedSignOut.begin(id)
    : await providerWord.signOutAddress(id, signedOutUri(config().issuer));
}

/** The person whose form this is. @throws Refusal `cross_site` */
async function formPerson(
  context: HomeContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Person> {
  const person = await signedInPerson(context, request, reply);
  if (!person) throw new Refusal('cross_site');
  context.forms.read(request, purposeOf(person), noFields);
  return person;
}

/** All forms of the home page share one token: they are one person's, and each acts on that person's own things. */
function purposeOf({ id }: Person): string {
  return `/ ${id}`;
}

async function homeOf(
  context: HomeContext,
  request: FastifyRequest,
  reply: FastifyReply,
  person: Person,
  done: HomePage['done'],
) {
  const { authorizationServer, config, clock, forms, sessions, signInMethods } = context;
  const { issuer } = config();
  const [consents, live, uses] = await Promise.all([
    authorizationServer.consents(person.id),
    sessions.list(person.id),
    context.store.activity.uses({ personId: person.id }),
  ]);
  const names = new Map(consents.map(({ clientId, clientName }) => [clientId, clientName]));
  return homePage({
    person: person.displayName,
    issuer,
    formToken: forms.token(request, reply, purposeOf(person)),
    ownPassword: passwordChangesOf(signInMethods, person.id) !== undefined,
    developer: isDeveloper(context, principalOf(person)),
    now: clock.now(),
    databases: reachable(context, principalOf(person)),
    applications: applicationsIn(consents, uses),
    sessions: live.map((session) => ({
      ...session,
      clientName: names.get(session.clientId) ?? session.clientId,
    })),
    ...(done && { done }),
  });
}

function isDeveloper({ applications }: HomeContext, principal: Principal): boolean {
  return applications.mayRegister(principal) || applications.mayApprove(principal);
}

function reachable(context: HomeContext, principal: Principal): readonly ReachableDatabase[] {
  return [...context.config().databases.values()].flatMap((database) => {
    const { name, engine, host } = database;
    const roles = qualifyingRoles(principal, snippetClient, database);
    const [byDefault] = roles;
    if (!byDefault) return [];
    const snippets = connectSnippets(engine, {
      database: name,
      role: byDefault.name,
      // What takes single statements has no door on the wire.
      ...(host === '' ? { queriesOnly: true } : doorOf(context, engine)),
    });
    return [{ name, engine, roles, snippets }];
  });
}

function doorOf({ config, doorPort }: HomeContext, engine: EngineName): Pick<SnippetTarget, 'door'> {
  const { host, port } = clientAddress(config(), engine, doorPort?.(engine));
  return port === undefined ? {} : { door: { host, port } };
}
