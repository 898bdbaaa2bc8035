import { expect, test } from 'vitest';
import { type Mistaken, problemsAfter } from './testing/index.ts';

const oidc = 'kind: oidc, issuer: "https://dex.example.com", clientId: grantway';
const ldap = 'kind: ldap, url: "ldaps://ldap.example.com", userDn: "uid={username},dc=example,dc=com"';
const byNames = '{ base: "ou=groups,dc=example,dc=com", nested: true }';
const method = (keys: string) => [['  local: {}', `  local: {}\n  corp: { ${keys} }`]] as const;
const client = (keys: string) =>
  [['users:', `  job: { name: Job, secret: env:JOB, scopes: ["db:authdb"], ${keys} }\nusers:`]] as const;

const mistakes: readonly Mistaken[] = [
  [
    'a port and a certificate where the Data API is asked',
    [
      ['engine: postgres', 'engine: redshift'],
      ['    host: db.internal\n', ''],
      [
        'manager: { login: grantway_manager, password: env:MANAGER }',
        'aws: { region: eu-central-1, cluster: sales, dataApi: true }',
      ],
      ['gw_admin, password: env:GW_ADMIN,', 'gw_admin,'],
      ['gw_readonly, password: env:GW_READONLY,', 'gw_readonly,'],
    ],
    [
      [
        '10:5 databases.authdb.port',
        'This would change nothing: the Data API is reached at an address of AWS, over its TLS.',
        'Remove port.',
      ],
      [
        '11:5 databases.authdb.tls',
        'This would change nothing: the Data API is reached at an address of AWS, over its TLS.',
        'Remove tls.',
      ],
    ],
  ],
  [
    'logins of a cloud that no role takes',
    [
      ['engine: postgres', 'engine: redis'],
      ['port: 5433', 'cloud: { kind: azure }'],
    ],
    [
      [
        '11:5 databases.authdb.cloud',
        'This would change nothing: each role has a password or grants of its own.',
        'Remove cloud, or the password or grants of the roles that it is for.',
      ],
    ],
  ],
  [
    'a provider that would be asked again after its word has ended',
    method(`${oidc}, signInEvery: 1h, rereadEvery: 1h`),
    [
      [
        '7:95 signIn.corp.rereadEvery',
        'This would change nothing: the word of the provider ends before it is asked again.',
        'Write a duration that is shorter than signInEvery.',
      ],
    ],
  ],
  [
    'a sign-out at a provider where nobody signs out for us',
    method(
      'kind: saml, entityId: "https://idp.example", signInUrl: "https://idp.example/sso", certificates: [./idp.crt], signOutEndsSessions: true',
    ),
    [
      [
        '7:121 signIn.corp.signOutEndsSessions',
        'This would change nothing: without signOutUrl nobody signs out there for us.',
        'Add signOutUrl, or remove signOutEndsSessions.',
      ],
    ],
  ],
  [
    'groups of groups without a filter that finds them',
    method(`${ldap}, groups: ${byNames}`),
    [
      [
        '7:147 signIn.corp.groups.nested',
        'This would change nothing: without a filter the attribute memberOf alone tells the groups.',
        'Add filter, or remove nested.',
      ],
    ],
  ],
  [
    'an address to come back to for a client without a browser',
    client('grantTypes: [client_credentials], redirectUris: ["https://job.example/callback"]'),
    [
      [
        '20:95 clients.job.redirectUris',
        'This would change nothing: this client signs nobody in through a browser.',
        'Remove redirectUris, or add authorization_code to grantTypes.',
      ],
    ],
  ],
  [
    'an address to come back to after a sign-out for a client without a browser',
    client('grantTypes: [client_credentials], postLogoutRedirectUris: ["https://job.example/out"]'),
    [
      [
        '20:95 clients.job.postLogoutRedirectUris',
        'This would change nothing: this client signs nobody in through a browser.',
        'Remove postLogoutRedirectUris, or add authorization_code to grantTypes.',
      ],
    ],
  ],
  [
    'a refresh token for a client that acts for itself',
    client('grantTypes: [client_credentials, refresh_token]'),
    [
      [
        '20:94 clients.job.grantTypes[1]',
        'This would change nothing: only a sign-in of a person, by browser or device code, gives a refresh token.',
        'Leave refresh_token out of grantTypes.',
      ],
    ],
  ],
];

test.for(mistakes)('%s changes nothing, and is told', ([, changes, problems]) => {
  expect(problemsAfter(changes)).toEqual(problems);
});

const effective: readonly (readonly [title: string, changes: Mistaken[1]])[] = [
  [
    'a provider that is asked more often than its word counts',
    method(`${oidc}, signInEvery: 1h, rereadEvery: 59m`),
  ],
  [
    'a word that counts for less than the usual time between two questions',
    method(`${oidc}, signInEvery: 1m`),
  ],
  [
    'a refresh token by device code',
    client('grantTypes: ["urn:ietf:params:oauth:grant-type:device_code", refresh_token]'),
  ],
  [
    'hosts for clients, while registration is switched off',
    [['tokens:', 'registration: { enabled: false, redirectHosts: ["*.acme.example"] }\ntokens:']],
  ],
];

test.for(effective)('%s is no mistake', ([, changes]) => {
  expect(problemsAfter(changes)).toEqual([]);
});
