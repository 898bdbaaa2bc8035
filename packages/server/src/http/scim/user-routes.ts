import type { FastifyInstance, FastifyRequest } from 'fastify';
import { foldUsername } from '../../config/index.ts';
import type { ProvisionedGroup, ProvisionedUser } from '../../store/index.ts';
import { listResponse, projected, readListQuery, soughtIn } from './list-response.ts';
import { patched } from './patch-resource.ts';
import type { ScimContext } from './scim-context.ts';
import { ScimError } from './scim-error.ts';
import { readUser, userResource } from './user-resource.ts';

const path = '/scim/v2/Users';

interface One {
  readonly Params: { readonly id: string };
}

/** `/scim/v2/Users`. */
export function userRoutes(app: FastifyInstance, { issuer, provisioning, caller }: ScimContext): void {
  async function shown(user: ProvisionedUser, request: FastifyRequest) {
    const resource = userResource(user, await provisioning.groupsOf(user.id), issuer);
    return projected(resource, readListQuery(request.query));
  }

  /** Clients look one up by its name all day; everybody's groups are read at once, and not for each by itself. */
  async function groupsOfAll(method: string, users: readonly ProvisionedUser[]) {
    const [first, ...more] = users;
    if (first === undefined || more.length === 0) {
      const own = first === undefined ? [] : await provisioning.groupsOf(first.id);
      return () => own;
    }
    const byUser = new Map<string, ProvisionedGroup[]>();
    for (const group of await provisioning.groups(method))
      for (const member of group.memberIds) byUser.set(member, [...(byUser.get(member) ?? []), group]);
    return ({ id }: ProvisionedUser) => byUser.get(id) ?? [];
  }

  app.get(path, async (request) => {
    const { method } = await caller(request);
    const query = readListQuery(request.query);
    const found = await provisioning.users(method, keyOf(soughtIn(query)));
    const groupsOf = await groupsOfAll(method, found);
    return listResponse(
      found.map((user) => userResource(user, groupsOf(user), issuer)),
      query,
    );
  });

  app.get<One>(`${path}/:id`, async (request) => {
    const { method } = await caller(request);
    const [user] = await provisioning.users(method, { id: request.params.id });
    if (user === undefined) throw new ScimError(404, 'There is no such user.');
    return shown(user, request);
  });

  app.post(path, async (request, reply) => {
    const { provisioner } = await caller(request);
    const written = readUser(request.body);
    const user = await provisioner.putUser(undefined, () => written);
    reply.code(201).header('location', `${issuer}${path}/${user.id}`);
    return shown(user, request);
  });

  app.put<One>(`${path}/:id`, async (request) => {
    const { provisioner } = await caller(request);
    const written = readUser(request.body);
    return shown(await provisioner.putUser(request.params.id, () => written), request);
  });

  app.patch<One>(`${path}/:id`, async (request) => {
    const { provisioner } = await caller(request);
    const user = await provisioner.putUser(request.params.id, (now) =>
      readUser(patched(now?.attributes ?? {}, request.body)),
    );
    return shown(user, request);
  });

  app.delete<One>(`${path}/:id`, async (request, reply) => {
    const { provisioner } = await caller(request);
    await provisioner.removeUser(request.params.id);
    return reply.code(204).send();
  });
}

/** What the store can find by itself, so that a look-up does not read everybody; the filter is applied all the same. */
function keyOf(sought: { readonly attribute: string; readonly value: string } | undefined) {
  switch (sought?.attribute) {
    case 'username':
      return { nameKey: foldUsername(sought.value) };
    case 'externalid':
      return { externalId: sought.value };
    case 'id':
      return { id: sought.value };
    default:
      return {};
  }
}
