import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AuthorizationServer } from '../../oauth/index.ts';
import type { Person, Store } from '../../store/index.ts';

/** Who is signed in here; undefined when nobody is, or nobody any more. */
export async function signedInPerson(
  {
    authorizationServer,
    store,
  }: { readonly authorizationServer: AuthorizationServer; readonly store: Pick<Store, 'people'> },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Person | undefined> {
  const id = await authorizationServer.signedIn(request.raw, reply.raw);
  return id === undefined ? undefined : store.people.get(id);
}
