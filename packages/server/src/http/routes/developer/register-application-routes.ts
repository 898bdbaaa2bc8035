import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Config } from '../../../config/index.ts';
import { type Principal, Refusal } from '../../../core/index.ts';
import { principalOf } from '../../../identity/index.ts';
import type { WantedApplication } from '../../../oauth/index.ts';
import { qualifyingRoles } from '../../../policy/index.ts';
import type { Person } from '../../../store/index.ts';
import { logoImage } from '../../logo-image.ts';
import { applicationSecretPage, type NewApplicationPage, newApplicationPage } from '../../pages/index.ts';
import { readMultipart } from '../../read-multipart.ts';
import { sendPage } from '../../send-page.ts';
import {
  type DeveloperContext,
  developerOfForm,
  purposeOf,
  signedInDeveloper,
} from './signed-in-developer.ts';

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

/** `/developer/new`: the form in which an application is described, and what comes of it. */
export function registerApplicationRoutes(registering: FastifyInstance, context: DeveloperContext): void {
  const { applications, config, forms } = context;

  registering.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) =>
      readMultipart(request.headers['content-type'] ?? '', body),
  );

  registering.get('/developer/new', async (request, reply) => {
    const person = await signedInDeveloper(context, request, reply);
    if (!person) return reply.redirect('/sign-in', 303);
    return sendPage(reply, newApplicationPage(newPage(context, request, reply, person)));
  });

  registering.post('/developer/new', async (request, reply) => {
    const person = await developerOfForm(context, request, reply);
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
