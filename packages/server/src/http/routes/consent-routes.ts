import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Config } from '../../config/index.ts';
import { Refusal } from '../../core/index.ts';
import type { AuthorizationServer, Interaction } from '../../oauth/index.ts';
import type { Store } from '../../store/index.ts';
import type { FormGuard } from '../form-guard.ts';
import { consentPage, type DefinedRole } from '../pages/index.ts';
import { formTargetsOf } from '../security-headers.ts';
import { sendPage } from '../send-page.ts';
import { wayBackOf } from '../ways-back.ts';
import { expired, type WaitingContext, waitingInteraction } from './waiting-interaction.ts';

interface ConsentContext extends WaitingContext {
  readonly config: () => Config;
  readonly authorizationServer: AuthorizationServer;
  readonly store: Pick<Store, 'people'>;
  readonly forms: FormGuard;
}

const fields = z.object({ decision: z.enum(['allow', 'deny']) });

type AtConsent = Interaction & { readonly accountId: string };

/** `/consent/:uid`: what an application asks for, and the person's answer. */
export function consentRoutes(app: FastifyInstance, context: ConsentContext): void {
  const { authorizationServer, config, store, forms } = context;

  app.get<{ Params: { uid: string } }>('/consent/:uid', async (request, reply) => {
    const interaction = await waitingInteraction(context, request, reply);
    if (interaction.prompt === 'login') return reply.redirect(`/sign-in/${interaction.uid}`, 303);
    const consent = atConsent(interaction);
    const { client, accountId } = consent;
    const page = consentPage({
      action: `/consent/${consent.uid}`,
      formToken: forms.token(request, reply, purposeOf(consent)),
      person: (await store.people.get(accountId))?.displayName ?? accountId,
      client,
      access: consent.access.map((access) => ({ ...access, definition: definitionOf(config(), access) })),
      otherScopes: consent.otherScopes,
      renewableMs: consent.renewableMs,
      permitted: isPermitted(consent),
    });
    return sendPage(reply, page, formTargetsOf(client.redirectUri));
  });

  app.post<{ Params: { uid: string } }>('/consent/:uid', async (request, reply) => {
    const consent = atConsent(await waitingInteraction(context, request, reply));
    const { decision } = forms.read(request, purposeOf(consent), fields);
    // Somebody else may have signed in in another tab since the page was shown.
    if ((await authorizationServer.signedIn(request.raw, reply.raw)) !== consent.accountId)
      throw new Refusal('cross_site');
    if (decision === 'allow' && !isPermitted(consent)) throw noRule(consent);
    await authorizationServer.finishConsent(request.raw, reply.raw, decision);
    return reply.hijack();
  });
}

function atConsent(interaction: Interaction): AtConsent {
  const { prompt, accountId } = interaction;
  if (prompt !== 'consent' || accountId === undefined) throw expired(wayBackOf(interaction));
  return { ...interaction, accountId };
}

/** A form that was shown to one person is no use to another. */
function purposeOf({ uid, accountId }: AtConsent): string {
  return `/consent/${uid} ${accountId}`;
}

/** What asks for databases needs at least one that policy gives; what asks only who you are needs none. */
function isPermitted({ access }: Interaction): boolean {
  return access.length === 0 || access.some(({ role }) => role !== undefined);
}

function definitionOf(config: Config, access: Interaction['access'][number]): DefinedRole | undefined {
  const database = config.databases.get(access.database);
  const role = database?.roles.find(({ name }) => name === access.role);
  return database === undefined || role === undefined ? undefined : { engine: database.engine, role };
}

function noRule({ access }: Interaction): Refusal {
  return new Refusal('no_matching_rule', { database: access[0]?.database ?? '?' });
}
