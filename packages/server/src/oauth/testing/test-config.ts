import type { Config, ConfiguredClient } from '../../config/index.ts';
import type { AllowRule, Database, Principal } from '../../core/index.ts';
import { sampleDatabase, sampleRole } from '../../core/testing/index.ts';

/** The secret of the client `acme-bi`. */
export const acmeSecret = 'acme-secret-acme-secret-acme-secret';

const acme: ConfiguredClient = {
  id: 'acme-bi',
  name: 'Acme BI',
  redirectUris: ['https://bi.acme.example/callback'],
  postLogoutRedirectUris: ['https://bi.acme.example/signed-out'],
  secret: 'file:acme-secret',
  scopes: [],
  grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
};

/** Somebody who qualifies for what is for everyone. */
export const viewer: Principal = person('viewer@example.com', ['viewer']);
/** Somebody who also qualifies for what is for administrators. */
export const admin: Principal = person('admin@example.com', ['admin']);

function person(email: string, groups: readonly string[]): Principal {
  return { method: 'local', subject: email, displayName: email, groups, claims: {} };
}

const everyone: AllowRule = { kind: 'everyone' };
const admins: AllowRule = { kind: 'groups', anyOf: ['admin'] };

/** A database with these roles, in this order. */
export function database(name: string, roles: Readonly<Record<string, AllowRule>>): Database {
  return sampleDatabase({
    name,
    upstreamName: name,
    roles: Object.entries(roles).map(([role, allow]) =>
      sampleRole({ name: role, login: `gw_${role}`, allow }),
    ),
  });
}

/** The configuration of the test bed: databases for everyone, for administrators, and for a workload. */
export function testConfig(issuer: string, storePath: string): Config {
  const databases = [
    database('authdb', { admin: admins, readonly: everyone }),
    database('sales', { readonly: everyone }),
    database('vault', { owner: admins }),
    database('jobs', { writer: { kind: 'clients', anyOf: ['acme-bi'] } }),
  ];
  return {
    file: '/nowhere.yaml',
    issuer,
    dataDir: '/nowhere',
    store: { kind: 'sqlite', path: storePath },
    masterKey: 'env:NONE',
    listen: { http: { host: '127.0.0.1', port: 8400 }, postgres: { host: '127.0.0.1', port: 15432 } },
    advertise: {},
    signIn: [{ kind: 'local', name: 'local' }],
    workloads: [],
    scim: [],
    databases: new Map(databases.map((one) => [one.name, one])),
    clients: [acme],
    users: [],
    tokens: {
      accessMs: 15 * 60_000,
      refreshMs: 30 * 86_400_000,
      browserSessionMs: 12 * 3_600_000,
      signingKeyMs: 90 * 86_400_000,
      signingKeyNoticeMs: 86_400_000,
    },
    limits: {},
    registration: { enabled: false },
  };
}
