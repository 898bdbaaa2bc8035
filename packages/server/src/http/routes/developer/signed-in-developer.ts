import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../../../config/index.ts';
import { type Clock, Refusal } from '../../../core/index.ts';
import { principalOf } from '../../../identity/index.ts';
import type { Applications, AuthorizationServer } from '../../../oauth/index.ts';
import type { Person, Store } from '../../../store/index.ts';
import type { FormGuard } from '../../form-guard.ts';
import { signedInPerson } from '../signed-in-person.ts';

/** What the pages of developers are served with. */
export interface DeveloperContext {
  readonly config: () => Config;
  readonly authorizationServer: AuthorizationServer;
  readonly applications: Applications;
  readonly store: Pick<Store, 'people'>;
  readonly clock: Clock;
  readonly forms: FormGuard;
}

/**
 * Who is signed in; undefined when nobody is. Whoever may neither register nor approve gets no page.
 * @throws Refusal `not_found`
 */
export async function signedInDeveloper(
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

/** Who sends a form of these pages. @throws Refusal `cross_site`, `not_found` */
export async function developerOfForm(
  context: DeveloperContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Person> {
  const person = await signedInDeveloper(context, request, reply);
  if (!person) throw new Refusal('cross_site');
  return person;
}

/** What the forms of somebody here are for: one of another person is worth nothing. */
export function purposeOf({ id }: Person): string {
  return `/developer ${id}`;
}
