import { describe, expect, it } from 'vitest';
import { hash, literalSecret, type Mistaken, problemsAfter } from './testing/index.ts';

const mistakes: readonly Mistaken[] = [
  [
    'a literal client secret',
    [['secret: env:ACME', 'secret: hunter2']],
    [['19:79 clients.acme-bi.secret', ...literalSecret]],
  ],
  [
    'an empty section',
    [['  local: {}', '']],
    [['5:1 signIn', 'Nothing is written here.', 'Write a section with keys.']],
  ],
  [
    'a duration without a unit',
    [['access: 15m', 'access: 900']],
    [
      [
        '22:11 tokens.access',
        'This is a number, which this key does not take.',
        'Write a text, for example 15m.',
      ],
    ],
  ],
  [
    'a duration in words',
    [['access: 15m', 'access: 15 minutes']],
    [
      [
        '22:11 tokens.access',
        'This is not a duration.',
        'Write a whole number and one of s, m, h, d, for example 15m.',
      ],
    ],
  ],
  [
    'a duration out of range',
    [['access: 15m', 'access: 2d']],
    [['22:11 tokens.access', 'This duration is out of range.', 'Write something from 1s to 24h.']],
  ],
  [
    'a signing key that gives way before the next one was published',
    [['access: 15m', 'access: 15m, signingKey: 24h']],
    [
      [
        '22:24 tokens.signingKey',
        'A signing key would give way before the next one has been published for long enough.',
        'Write a duration that is longer than tokens.signingKeyNotice.',
      ],
    ],
  ],
  [
    'a consent that is shorter than a token',
    [['access: 15m', 'access: 15m, refresh: 5m']],
    [
      [
        '22:24 tokens.refresh',
        'A consent would end before its first access token.',
        'Write a duration that is at least as long as tokens.access.',
      ],
    ],
  ],
  [
    'a redirect address over http',
    [['https://bi.acme.example/callback', 'http://bi.acme.example/callback']],
    [
      [
        '19:44 clients.acme-bi.redirectUris[0]',
        'A code would be sent over an open connection.',
        'Write an https address; http is for loopback hosts only.',
      ],
    ],
  ],
  [
    'a redirect address of a scheme that applications make up (RFC 8252, section 7.1)',
    [['https://bi.acme.example/callback', 'com.example.bi:/callback']],
    [
      [
        '19:44 clients.acme-bi.redirectUris[0]',
        'Any application of a device may claim such an address, and get the code.',
        'Write an https address that the application has claimed, or http://127.0.0.1 for one that listens there.',
      ],
    ],
  ],
  [
    'a redirect address with a fragment',
    [['https://bi.acme.example/callback', 'https://bi.acme.example/callback#top']],
    [
      [
        '19:44 clients.acme-bi.redirectUris[0]',
        'A redirect address has no fragment.',
        'Remove the # and what follows it.',
      ],
    ],
  ],
  [
    'a redirect address with a wildcard',
    [['https://bi.acme.example/callback', 'https://*.acme.example/callback']],
    [
      [
        '19:44 clients.acme-bi.redirectUris[0]',
        'This is not an absolute address.',
        'Write the whole address, for example https://app.example.com/callback; there are no wildcards.',
      ],
    ],
  ],
  [
    'a relative redirect address',
    [['https://bi.acme.example/callback', '/callback']],
    [
      [
        '19:44 clients.acme-bi.redirectUris[0]',
        'This is not an absolute address.',
        'Write the whole address, for example https://app.example.com/callback; there are no wildcards.',
      ],
    ],
  ],
  [
    'a redirect address with a user name',
    [['https://bi.acme.example/callback', 'https://bi:x@acme.example/callback']],
    [
      [
        '19:44 clients.acme-bi.redirectUris[0]',
        'A redirect address has no user name.',
        'Remove what stands before the @.',
      ],
    ],
  ],
  [
    'a redirect address whose host would end a header',
    [['https://bi.acme.example/callback', '"https://bi;acme.example/callback"']],
    [
      [
        '19:44 clients.acme-bi.redirectUris[0]',
        'No host has such a name.',
        'Use letters, digits, - and _ only, in parts with a dot between them.',
      ],
    ],
  ],
  [
    'a client whose name turns the line around',
    [['name: Acme BI', 'name: "Acme \\u202Egnp.exe"']],
    [
      [
        '19:14 clients.acme-bi.name',
        'A name has no invisible characters and no line breaks.',
        'Type it anew: what was copied may hold some.',
      ],
    ],
  ],
  [
    'a client without redirect addresses',
    [['redirectUris: [https://bi.acme.example/callback], ', '']],
    [
      [
        '19:3 clients.acme-bi',
        'This client signs people in through a browser, but has no address to send them back to.',
        'Add redirectUris, or leave authorization_code out of grantTypes.',
      ],
    ],
  ],
  [
    'a program on people’s machines that comes back there by another way after a sign-out',
    [
      [
        'redirectUris: [https://bi.acme.example/callback], ',
        'redirectUris: [http://127.0.0.1/callback], postLogoutRedirectUris: [https://bi.example/out, http://localhost/out, https://localhost/out, http://127.0.0.9/out], ',
      ],
    ],
    [
      [
        '19:143 clients.acme-bi.postLogoutRedirectUris[2]',
        'This leads to the person’s own machine, and not as the program listens there.',
        'Write http, and 127.0.0.1, [::1] or localhost as the host.',
      ],
      [
        '19:166 clients.acme-bi.postLogoutRedirectUris[3]',
        'This leads to the person’s own machine, and not as the program listens there.',
        'Write http, and 127.0.0.1, [::1] or localhost as the host.',
      ],
    ],
  ],
  [
    'a client that acts for itself without a secret',
    [
      [
        'redirectUris: [https://bi.acme.example/callback], secret: env:ACME',
        'grantTypes: [client_credentials]',
      ],
    ],
    [
      [
        '19:3 clients.acme-bi',
        'A client that acts for itself needs a secret.',
        'Add secret: env:NAME, or leave client_credentials out of grantTypes.',
      ],
    ],
  ],
  [
    'a built-in client',
    [['  acme-bi:', '  psql:']],
    [['19:3 clients.psql', 'This client is built in.', 'Choose another client id.']],
  ],
  [
    'a client id with a colon',
    [['  acme-bi:', "  'acme:bi':"]],
    [
      [
        '19:3 clients["acme:bi"]',
        'This client id cannot be used.',
        'Use letters, digits, - _ and . only, at most 100 in all.',
      ],
    ],
  ],
  [
    'a scope of a database that is not there',
    [['"db:authdb:readonly"', '"db:authbd:readonly"']],
    [
      [
        '19:106 clients.acme-bi.scopes[0]',
        'There is no database "authbd" in this file.',
        'Did you mean authdb? The file has authdb.',
      ],
    ],
  ],
  [
    'a scope of a role that is not there',
    [['"db:authdb:readonly"', '"db:authdb:read"']],
    [
      [
        '19:106 clients.acme-bi.scopes[0]',
        'The database authdb has no role "read".',
        'The file has admin and readonly.',
      ],
    ],
  ],
  [
    'a scope that is none',
    [['"db:authdb:readonly"', '"read"']],
    [
      [
        '19:106 clients.acme-bi.scopes[0]',
        'This is not a scope.',
        'Write db:<database>, db:<database>:<role>, openid, profile, groups or offline_access.',
      ],
    ],
  ],
  [
    'a password in clear for a user',
    [[`passwordHash: "${hash}"`, 'passwordHash: hunter2']],
    [
      [
        '21:43 users["viewer@example.com"].passwordHash',
        'This is not an argon2id or bcrypt hash.',
        'Write the whole hash in quotes: a comma inside { … } ends an unquoted text. The password itself is never written here.',
      ],
    ],
  ],
  [
    'an argon2id hash without quotes',
    [
      [
        `passwordHash: "${hash}"`,
        'passwordHash: $argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNo',
      ],
    ],
    [
      [
        '21:43 users["viewer@example.com"].passwordHash',
        'This is not an argon2id or bcrypt hash.',
        'Write the whole hash in quotes: a comma inside { … } ends an unquoted text. The password itself is never written here.',
      ],
    ],
  ],
  [
    'two spellings of one person',
    [['users:\n', `users:\n  Viewer@Example.com: { groups: [], passwordHash: "${hash}" }\n`]],
    [
      [
        '22:3 users["viewer@example.com"]',
        'This is the same name as "Viewer@Example.com": upper and lower case do not count.',
        'Keep one of the two.',
      ],
    ],
  ],
  [
    'a user name with a space at its end',
    [['  viewer@example.com:', "  'viewer@example.com ':"]],
    [
      [
        '21:3 users["viewer@example.com "]',
        'A user name has no spaces around it and no invisible characters.',
        'Write the e-mail or the name alone.',
      ],
    ],
  ],
  [
    'people without a way to sign in',
    [['  local: {}', '  corp: { kind: carrier-pigeon }']],
    [
      [
        '6:11 signIn.corp.kind',
        'This is no kind of sign-in.',
        'Write local, oidc, saml, ldap or certificate, or take this entry out.',
      ],
      [
        '20:1 users',
        'These people cannot sign in, because the method local is not configured.',
        'Add local: {} to signIn, or remove users.',
      ],
    ],
  ],
  [
    'a provider without what it takes',
    [
      [
        '  local: {}',
        '  local: {}\n  corp: { kind: oidc, isuer: https://id.example, clientSecret: hunter2 }',
      ],
    ],
    [
      ['7:3 signIn.corp.clientId', 'The key clientId is missing.', 'Write a text, for example grantway.'],
      [
        '7:23 signIn.corp.isuer',
        'There is no such key here.',
        'Did you mean issuer? This section takes kind, label, issuer, clientId, clientSecret, scopes, groupsClaim, nameClaim, claims, directTokens, secondFactor, signInEvery and rereadEvery.',
      ],
      ['7:50 signIn.corp.clientSecret', ...literalSecret],
    ],
  ],
  [
    'a second factor by no word of the provider',
    [
      [
        '  local: {}',
        '  local: {}\n  corp: { kind: oidc, issuer: https://id.example, clientId: gw, secondFactor: { acr: [] } }',
      ],
    ],
    [
      [
        '7:65 signIn.corp.secondFactor',
        'This counts nothing.',
        'Write what the provider says in amr or acr, or leave it out.',
      ],
    ],
  ],
  [
    'a provider in clear text',
    [['  local: {}', '  local: {}\n  corp: { kind: oidc, issuer: http://id.example, clientId: gw }']],
    [
      [
        '7:23 signIn.corp.issuer',
        'Whoever stands between could sign in as anybody.',
        'Write https://id.example; http is for loopback hosts only.',
      ],
    ],
  ],
  [
    'a SAML provider that wants a key, and has none',
    [
      [
        '  local: {}',
        [
          '  local: {}',
          '  corp:',
          '    kind: saml',
          '    entityId: https://idp.example',
          '    signInUrl: http://idp.example/sso',
          '    signOutUrl: https://idp.example/slo#x',
          '    certificates: []',
        ].join('\n'),
      ],
    ],
    [
      [
        '10:5 signIn.corp.signInUrl',
        'Whoever stands between could sign in as anybody.',
        'Write https://idp.example/sso; http is for loopback hosts only.',
      ],
      [
        '11:5 signIn.corp.signOutUrl',
        'This address has a fragment or a user name.',
        'Remove what stands after # or before @.',
      ],
      [
        '11:5 signIn.corp.signOutUrl',
        'This needs a key of ours.',
        'Add keyPair, with a certificate and its private key.',
      ],
      ['12:5 signIn.corp.certificates', 'This list is empty.', 'Add an entry, or remove the key.'],
    ],
  ],
  [
    'a kind of sign-in that nobody knows',
    [['  local: {}', '  local: {}\n  corp: { kind: carrier-pigeon }']],
    [
      [
        '7:11 signIn.corp.kind',
        'This is no kind of sign-in.',
        'Write local, oidc, saml, ldap or certificate, or take this entry out.',
      ],
    ],
  ],
  [
    'a sign-in method with a colon',
    [['  local: {}', "  local: {}\n  'corp:eu': { kind: oidc }"]],
    [
      [
        '7:3 signIn["corp:eu"]',
        'This name of a sign-in method cannot be used.',
        'Use a small letter first, then small letters, digits, - and _. A colon would make identities ambiguous.',
      ],
    ],
  ],
  [
    'a sign-in method without a kind',
    [['  local: {}', '  local: {}\n  corp: {}']],
    [['7:3 signIn.corp', 'This method does not say what it is.', 'Add kind.']],
  ],
  [
    'another method under the name local',
    [['  local: {}', '  local: { kind: carrier-pigeon }']],
    [
      [
        '6:3 signIn.local',
        'The name local is for the people of this file and the store.',
        'Choose another name.',
      ],
      [
        '6:12 signIn.local.kind',
        'This is no kind of sign-in.',
        'Write local, oidc, saml, ldap or certificate, or take this entry out.',
      ],
    ],
  ],
  [
    'two directories whose passwords are taken at the doors',
    [
      [
        '  local: {}',
        `  local: {}
  one: { kind: ldap, url: 'ldaps://one.example', userDn: 'uid={username}', directPasswords: true }
  two: { kind: ldap, url: 'ldaps://two.example', userDn: 'uid={username}', directPasswords: true }`,
      ],
    ],
    [
      [
        '8:76 signIn.two.directPasswords',
        'The passwords of "one" are taken at the doors already.',
        'Leave directPasswords in one method.',
      ],
    ],
  ],
  [
    'a method under the name of workloads',
    [['  local: {}', '  local: {}\n  client: { kind: carrier-pigeon }']],
    [
      ['7:3 signIn.client', 'This name is for programs that act for themselves.', 'Choose another name.'],
      [
        '7:13 signIn.client.kind',
        'This is no kind of sign-in.',
        'Write local, oidc, saml, ldap or certificate, or take this entry out.',
      ],
    ],
  ],
  [
    'a rate without a time',
    [['tokens:', 'limits: { address: 600 per minute, person: 5/2d }\ntokens:']],
    [
      [
        '22:11 limits.address',
        'This is not a rate.',
        'Write requests/time with a time from 1s to 24h, for example 6000/1m, or off.',
      ],
      [
        '22:36 limits.person',
        'This is not a rate.',
        'Write requests/time with a time from 1s to 24h, for example 6000/1m, or off.',
      ],
    ],
  ],
  [
    'registration switched on in words',
    [['tokens:', 'registration: { enabled: on }\ntokens:']],
    [['22:17 registration.enabled', 'This is a text, which this key does not take.', 'Write true or false.']],
  ],
];

describe('mistakes about people, clients and lifetimes', () => {
  it.each(mistakes)('%s is told with its place and the fix', (_, changes, problems) => {
    expect(problemsAfter(changes)).toEqual(problems);
  });
});
