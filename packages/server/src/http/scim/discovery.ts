import { groupSchema } from './group-resource.ts';
import { mostResults } from './list-response.ts';
import { userSchema } from './user-resource.ts';

/** What this server can do (RFC 7643, section 5). */
export function serviceProviderConfig(issuer: string): object {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
    patch: { supported: true },
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: mostResults },
    changePassword: { supported: false },
    sort: { supported: false },
    etag: { supported: false },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Bearer token',
        description: 'The secret of the configuration, as Authorization: Bearer.',
      },
    ],
    meta: {
      resourceType: 'ServiceProviderConfig',
      location: `${issuer}/scim/v2/ServiceProviderConfig`,
    },
  };
}

/** The two kinds of resources (RFC 7643, section 6). */
export function resourceTypes(issuer: string): readonly DiscoveryResource[] {
  const type = (id: string, endpoint: string, schema: string) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
    id,
    name: id,
    endpoint,
    schema,
    meta: { resourceType: 'ResourceType', location: `${issuer}/scim/v2/ResourceTypes/${id}` },
  });
  return [type('User', '/Users', userSchema), type('Group', '/Groups', groupSchema)];
}

/** The attributes that mean something here (RFC 7643, section 7); others are kept and given back. */
export function schemas(issuer: string): readonly DiscoveryResource[] {
  const schema = (id: string, name: string, attributes: readonly object[]) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
    id,
    name,
    attributes,
    meta: { resourceType: 'Schema', location: `${issuer}/scim/v2/Schemas/${id}` },
  });
  return [
    schema(userSchema, 'User', [
      attribute('userName', { required: true, uniqueness: 'server' }),
      attribute('externalId', { caseExact: true, uniqueness: 'server' }),
      attribute('displayName'),
      attribute('active', { type: 'boolean' }),
      attribute('groups', { type: 'complex', multiValued: true, mutability: 'readOnly' }),
    ]),
    schema(groupSchema, 'Group', [
      attribute('displayName', { required: true, uniqueness: 'server' }),
      attribute('externalId', { caseExact: true }),
      attribute('members', { type: 'complex', multiValued: true }),
    ]),
  ];
}

type DiscoveryResource = Readonly<Record<string, unknown>> & { readonly id: string };

function attribute(name: string, more: Readonly<Record<string, unknown>> = {}): object {
  return {
    name,
    type: 'string',
    multiValued: false,
    required: false,
    caseExact: false,
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'none',
    ...more,
  };
}
