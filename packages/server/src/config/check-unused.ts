import type { EngineName } from '../core/index.ts';
import { clientSchema } from './client-schema.ts';
import { roleSchema } from './database-schema.ts';
import { keysAt, parsed } from './file-parts.ts';
import { oidcSchema } from './oidc-schema.ts';
import type { KeyPath } from './problem.ts';
import { type Finding, valueAt } from './schema-problems.ts';
import { awsEngines, cloudEngines, identityTokenEngines } from './supported.ts';

/** What is sound by itself and changes nothing beside the rest of the file: whoever wrote it believes otherwise. */
export function checkUnused(root: unknown): readonly Finding[] {
  return [
    ...keysAt(root, ['databases']).flatMap((name) => inDatabase(root, ['databases', name])),
    ...keysAt(root, ['signIn']).flatMap((name) => inMethod(root, ['signIn', name])),
    ...keysAt(root, ['clients']).flatMap((id) => inClient(root, ['clients', id])),
  ];
}

/** Keys about a connection of ours. */
const networkKeys = ['port', 'tls', 'tlsCa', 'tlsCert', 'tlsKey'];
/** Sections that say where logins come from, and for which engines they can. */
const loginSources: Readonly<Record<string, readonly EngineName[]>> = {
  aws: awsEngines,
  cloud: cloudEngines,
  identityToken: identityTokenEngines,
};

function inDatabase(root: unknown, at: KeyPath): readonly Finding[] {
  const given = keysAt(root, at);
  if (valueAt(root, [...at, 'aws', 'dataApi']) === true)
    return given
      .filter((key) => networkKeys.includes(key))
      .map((key) =>
        unused([...at, key], 'the Data API is reached at an address of AWS, over its TLS', `Remove ${key}.`),
      );
  const roles = keysAt(root, [...at, 'roles']).map((role) =>
    parsed(roleSchema, root, [...at, 'roles', role]),
  );
  const takesNone = (role: (typeof roles)[number]) =>
    role !== undefined && (role.password !== undefined || role.grants !== undefined);
  if (roles.length === 0 || !roles.every(takesNone)) return [];
  return given
    .filter((key) => loginSources[key]?.some((engine) => engine === valueAt(root, [...at, 'engine'])))
    .map((key) =>
      unused(
        [...at, key],
        'each role has a password or grants of its own',
        `Remove ${key}, or the password or grants of the roles that it is for.`,
      ),
    );
}

function inMethod(root: unknown, at: KeyPath): readonly Finding[] {
  const given = keysAt(root, at);
  switch (valueAt(root, [...at, 'kind'])) {
    case 'oidc': {
      const method = parsed(oidcSchema, root, at);
      if (method === undefined || !given.includes('rereadEvery') || method.rereadEvery < method.signInEvery)
        return [];
      const why = 'the word of the provider ends before it is asked again';
      return [unused([...at, 'rereadEvery'], why, 'Write a duration that is shorter than signInEvery.')];
    }
    case 'saml': {
      if (valueAt(root, [...at, 'signOutEndsSessions']) !== true || given.includes('signOutUrl')) return [];
      const why = 'without signOutUrl nobody signs out there for us';
      return [unused([...at, 'signOutEndsSessions'], why, 'Add signOutUrl, or remove signOutEndsSessions.')];
    }
    case 'ldap': {
      const filtered = keysAt(root, [...at, 'groups']).includes('filter');
      if (valueAt(root, [...at, 'groups', 'nested']) !== true || filtered) return [];
      const why = 'without a filter the attribute memberOf alone tells the groups';
      return [unused([...at, 'groups', 'nested'], why, 'Add filter, or remove nested.')];
    }
    default:
      return [];
  }
}

const deviceCode = 'urn:ietf:params:oauth:grant-type:device_code';

function inClient(root: unknown, at: KeyPath): readonly Finding[] {
  const client = parsed(clientSchema, root, at);
  if (client === undefined || client.grantTypes.includes('authorization_code')) return [];
  const findings: Finding[] = (['redirectUris', 'postLogoutRedirectUris'] as const)
    .filter((key) => client[key].length > 0)
    .map((key) =>
      unused(
        [...at, key],
        'this client signs nobody in through a browser',
        `Remove ${key}, or add authorization_code to grantTypes.`,
      ),
    );
  if (client.grantTypes.includes('refresh_token') && !client.grantTypes.includes(deviceCode))
    findings.push(
      unused(
        [...at, 'grantTypes', client.grantTypes.indexOf('refresh_token')],
        'only a sign-in of a person, by browser or device code, gives a refresh token',
        'Leave refresh_token out of grantTypes.',
      ),
    );
  return findings;
}

function unused(path: KeyPath, why: string, fix: string): Finding {
  return { path, message: `This would change nothing: ${why}.`, fix };
}
