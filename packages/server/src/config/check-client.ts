import { isLoopback } from './addresses.ts';
import { type ClientEntry, clientSchema } from './client-schema.ts';
import { didYouMean } from './did-you-mean.ts';
import { keysAt, parsed } from './file-parts.ts';
import { listed } from './listed.ts';
import type { KeyPath } from './problem.ts';
import { type Finding, valueAt } from './schema-problems.ts';

/** Clients that are there whatever the file says. */
const builtinClients: readonly string[] = [
  'grantway-cli',
  'psql',
  'provider-token',
  'certificate',
  'directory-password',
  'workload',
];

/** What the keys of one client say wrong together, and with the databases of the file. */
export function checkClient(root: unknown, id: string): readonly Finding[] {
  const path = ['clients', id];
  const findings: Finding[] = [];
  if (builtinClients.includes(id))
    findings.push({ path, message: 'This client is built in.', fix: 'Choose another client id.' });
  const client = parsed(clientSchema, root, path);
  if (client === undefined) return findings;
  findings.push(...checkGrantTypes(client, path), ...checkPostLogout(client, path));
  findings.push(...checkCertificate(root, client, path));
  for (const [index, scope] of client.scopes.entries())
    findings.push(...checkScope(root, scope, [...path, 'scopes', index]));
  return findings;
}

function checkGrantTypes(client: ClientEntry, path: KeyPath): readonly Finding[] {
  if (client.grantTypes.includes('authorization_code') && client.redirectUris.length === 0)
    return [
      {
        path,
        message: 'This client signs people in through a browser, but has no address to send them back to.',
        fix: 'Add redirectUris, or leave authorization_code out of grantTypes.',
      },
    ];
  if (
    client.grantTypes.includes('client_credentials') &&
    client.secret === undefined &&
    client.certificate === undefined
  )
    return [
      {
        path,
        message: 'A client that acts for itself needs a secret.',
        fix: 'Add secret: env:NAME, or leave client_credentials out of grantTypes.',
      },
    ];
  return [];
}

/** A client whose redirect addresses all lead to people's own machines is a native one, and held to that here too. */
function checkPostLogout(client: ClientEntry, path: KeyPath): readonly Finding[] {
  const { redirectUris, postLogoutRedirectUris } = client;
  if (redirectUris.length === 0 || !redirectUris.every(isOfNative)) return [];
  return postLogoutRedirectUris.flatMap((uri, index) =>
    isOfNative(uri) || !isLoopback(new URL(uri).hostname)
      ? []
      : [
          {
            path: [...path, 'postLogoutRedirectUris', index],
            message: 'This leads to the person’s own machine, and not as the program listens there.',
            fix: 'Write http, and 127.0.0.1, [::1] or localhost as the host.',
          },
        ],
  );
}

function isOfNative(uri: string): boolean {
  const { protocol, hostname } = new URL(uri);
  return protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}

function checkCertificate(root: unknown, client: ClientEntry, path: KeyPath): readonly Finding[] {
  const { certificate, bindTokens, secret } = client;
  if (certificate === undefined && bindTokens !== true) return [];
  const findings: Finding[] = [];
  const asked = keysAt(root, ['signIn']).some(
    (name) => valueAt(root, ['signIn', name, 'kind']) === 'certificate',
  );
  if (!asked)
    findings.push({
      path,
      message: 'Nobody is asked for a certificate, so this client cannot show one.',
      fix: 'Add a sign-in method of the kind certificate.',
    });
  if (certificate !== undefined && Object.keys(certificate).length !== 1)
    findings.push({
      path: [...path, 'certificate'],
      message: 'It does not say in one way which certificate this is.',
      fix: 'Write exactly one of file, dns, email and uri.',
    });
  if (certificate !== undefined && secret !== undefined)
    findings.push({
      path,
      message: 'This client has a secret and a certificate.',
      fix: 'Keep one of the two.',
    });
  return findings;
}

function checkScope(root: unknown, scope: string, path: KeyPath): readonly Finding[] {
  const [kind, database, role] = scope.split(':');
  if (kind !== 'db' || database === undefined) return [];
  const databases = keysAt(root, ['databases']);
  if (!databases.includes(database))
    return [
      {
        path,
        message: `There is no database ${JSON.stringify(database)} in this file.`,
        fix: suggestion(database, databases),
      },
    ];
  const roles = keysAt(root, ['databases', database, 'roles']);
  if (role !== undefined && !roles.includes(role))
    return [
      {
        path,
        message: `The database ${database} has no role ${JSON.stringify(role)}.`,
        fix: suggestion(role, roles),
      },
    ];
  return [];
}

function suggestion(given: string, known: readonly string[]): string {
  const near = didYouMean(given, known);
  if (known.length === 0) return 'Add it to the file.';
  const question = near === undefined ? '' : `Did you mean ${near}? `;
  return `${question}The file has ${listed(known, 'and')}.`;
}
