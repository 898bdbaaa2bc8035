import type { FastifyInstance } from 'fastify';
import { groupResource, readGroup } from './group-resource.ts';
import { listResponse, projected, readListQuery } from './list-response.ts';
import { patched } from './patch-resource.ts';
import type { ScimContext } from './scim-context.ts';
import { ScimError } from './scim-error.ts';

const path = '/scim/v2/Groups';

interface One {
  readonly Params: { readonly id: string };
}

/** `/scim/v2/Groups`. */
export function groupRoutes(app: FastifyInstance, { issuer, provisioning, caller }: ScimContext): void {
  app.get(path, async (request) => {
    const { method } = await caller(request);
    const groups = await provisioning.groups(method);
    return listResponse(
      groups.map((group) => groupResource(group, issuer)),
      readListQuery(request.query),
    );
  });

  app.get<One>(`${path}/:id`, async (request) => {
    const { method } = await caller(request);
    const [group] = await provisioning.groups(method, { id: request.params.id });
    if (group === undefined) throw new ScimError(404, 'There is no such group.');
    return projected(groupResource(group, issuer), readListQuery(request.query));
  });

  app.post(path, async (request, reply) => {
    const { provisioner } = await caller(request);
    const written = readGroup(request.body);
    const group = await provisioner.putGroup(undefined, () => written);
    reply.code(201).header('location', `${issuer}${path}/${group.id}`);
    return groupResource(group, issuer);
  });

  app.put<One>(`${path}/:id`, async (request) => {
    const { provisioner } = await caller(request);
    const written = readGroup(request.body);
    return groupResource(await provisioner.putGroup(request.params.id, () => written), issuer);
  });

  app.patch<One>(`${path}/:id`, async (request) => {
    const { provisioner } = await caller(request);
    const group = await provisioner.putGroup(request.params.id, (now) =>
      readGroup(patched(now === undefined ? {} : groupResource(now, issuer), request.body)),
    );
    return groupResource(group, issuer);
  });

  app.delete<One>(`${path}/:id`, async (request, reply) => {
    const { provisioner } = await caller(request);
    await provisioner.removeGroup(request.params.id);
    return reply.code(204).send();
  });
}
