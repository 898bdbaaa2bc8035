import { describe, expect, it } from 'vitest';
import { literalSecret, type Mistaken, problemsAfter, soundFile } from './testing/index.ts';

const mistakes: readonly Mistaken[] = [
  [
    'a tab as indentation',
    [['  local: {}', '\tlocal: {}']],
    [['6:1', 'YAML does not take tabs as indentation.', 'Indent with spaces.']],
  ],
  [
    'a tab in the middle, which makes nonsense of the lines behind it',
    [['    engine: postgres', '\tengine: postgres']],
    [['9:1', 'YAML does not take tabs as indentation.', 'Indent with spaces.']],
  ],
  [
    'a key that no object can have',
    [['databases:', 'databases:\n  __proto__: {}']],
    [['8:3', 'This name cannot be a key.', 'Choose another name.']],
  ],
  [
    'a key that is a list',
    [['databases:', 'databases:\n  ? [a, b]\n  : {}']],
    [['8:5', 'A key is a text.', 'Write a name before the colon.']],
  ],
  [
    'keys that are to be merged',
    [['tokens: { access: 15m }', 'tokens: { <<: {}, access: 15m }']],
    [['22:11 tokens["<<"]', 'Keys are not merged here.', 'Write out the keys that << stands for.']],
  ],
  [
    'a missing master key',
    [['masterKey: file:./master.key\n', '']],
    [['1:1 masterKey', 'The key masterKey is missing.', 'Write a text, for example env:NAME.']],
  ],
  [
    'a master key that is left empty',
    [['masterKey: file:./master.key', 'masterKey:']],
    [['3:1 masterKey', 'Nothing is written here.', 'Write a text, for example env:NAME.']],
  ],
  [
    'a person without a hash',
    [[/, passwordHash: ".*"/.exec(soundFile)?.[0] ?? '', '']],
    [
      [
        '21:3 users["viewer@example.com"].passwordHash',
        'The key passwordHash is missing.',
        'Write a text, for example $2b$12$….',
      ],
    ],
  ],
  [
    'a key that stands twice',
    [['dataDir: ./state', 'dataDir: ./state\nissuer: https://b.example']],
    [['3:1', 'This key stands here twice.', 'Keep one of the two.']],
  ],
  [
    'a tag',
    [['dataDir: ./state', 'dataDir: !path ./state']],
    [['2:10', 'Tags (!name) are not taken here.', 'Remove the tag and write the plain value.']],
  ],
  [
    'an alias without its anchor',
    [['dataDir: ./state', 'dataDir: *state']],
    [['2:10', 'There is no &anchor for this alias.', 'Put a text that starts with * into quotes.']],
  ],
  [
    'a second document',
    [['dataDir: ./state', 'dataDir: ./state\n---\na: 1']],
    [['3:1', 'The file holds more than one document.', 'Remove the line --- and what follows it.']],
  ],
  [
    'a bracket that is never closed',
    [['{ http: 127.0.0.1:8400, postgres: 127.0.0.1:15432 }', '{ http: 127.0.0.1:8400']],
    [
      [
        '5:1',
        'The indentation does not fit the lines above.',
        'Align it with the entries of its level, or close a bracket or quote above it.',
      ],
    ],
  ],
  [
    'a list instead of keys',
    '- issuer\n',
    [['1:1', 'This is not a section with keys.', 'Start with issuer: https://access.example.com.']],
  ],
  [
    'an empty file',
    '',
    [['1:1', 'This is not a section with keys.', 'Start with issuer: https://access.example.com.']],
  ],
  [
    'aliases that unfold without end',
    'a: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: [*b, *b, *b, *b, *b, *b, *b, *b]\n',
    [
      [
        '1:1',
        'The aliases of this file unfold to too much.',
        'Write the values out instead of using *aliases.',
      ],
    ],
  ],
  [
    'a missing issuer',
    [['issuer: https://access.example.com\n', '']],
    [['1:1 issuer', 'The key issuer is missing.', 'Write a text, for example https://access.example.com.']],
  ],
  [
    'an issuer without a scheme',
    [['issuer: https://access.example.com', 'issuer: access.example.com']],
    [
      [
        '1:1 issuer',
        'This is not a web address.',
        'Write an origin, for example https://access.example.com.',
      ],
    ],
  ],
  [
    'an issuer over http',
    [['issuer: https://access.example.com', 'issuer: http://access.example.com']],
    [
      [
        '1:1 issuer',
        'Tokens would cross the network in clear text.',
        'Write https://access.example.com; http is for loopback hosts only.',
      ],
    ],
  ],
  [
    'an issuer with a path',
    [['issuer: https://access.example.com', 'issuer: https://access.example.com/grantway']],
    [
      [
        '1:1 issuer',
        'The issuer is an origin without path, port 443 or user name, in small letters.',
        'Write https://access.example.com.',
      ],
    ],
  ],
  [
    'an issuer with a trailing slash',
    [['issuer: https://access.example.com', 'issuer: https://access.example.com/']],
    [
      [
        '1:1 issuer',
        'The issuer is an origin without path, port 443 or user name, in small letters.',
        'Write https://access.example.com.',
      ],
    ],
  ],
  [
    'an issuer that is a number',
    [['issuer: https://access.example.com', 'issuer: 8400']],
    [
      [
        '1:1 issuer',
        'This is a number, which this key does not take.',
        'Write a text, for example https://access.example.com.',
      ],
    ],
  ],
  [
    'an unknown key at the top',
    [['dataDir: ./state', 'datadir: ./state']],
    [
      [
        '2:1 datadir',
        'There is no such key here.',
        'Did you mean dataDir? This section takes issuer, dataDir, store, masterKey, listen, advertise, trustedProxies, tls, signIn, workloads, scim, databases, clients, users, tokens, audit, limits, registration and admins.',
      ],
    ],
  ],
  [
    'an unknown key that resembles none',
    [['dataDir: ./state', 'flavour: vanilla']],
    [
      [
        '2:1 flavour',
        'There is no such key here.',
        'Remove it. This section takes issuer, dataDir, store, masterKey, listen, advertise, trustedProxies, tls, signIn, workloads, scim, databases, clients, users, tokens, audit, limits, registration and admins.',
      ],
    ],
  ],
  [
    'a literal master key',
    [['masterKey: file:./master.key', 'masterKey: c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=']],
    [['3:1 masterKey', ...literalSecret]],
  ],
  [
    'a store address with a password',
    [['dataDir: ./state', 'store: postgres://grantway:hunter2@db/grantway']],
    [['2:1 store', ...literalSecret]],
  ],
  [
    'a store of another kind',
    [['dataDir: ./state', 'store: mysql://db/grantway']],
    [
      [
        '2:1 store',
        'This is not a store.',
        'Write sqlite:PATH, postgres://host/database, env:NAME or file:PATH.',
      ],
    ],
  ],
  [
    'a closed HTTP door',
    [['http: 127.0.0.1:8400, ', '']],
    [['4:1 listen.http', 'The key http is missing.', 'Write a text, for example 127.0.0.1:8400.']],
  ],
  [
    'an address without a port',
    [['http: 127.0.0.1:8400', 'http: 127.0.0.1']],
    [
      [
        '4:11 listen.http',
        'This is not an address to listen on.',
        'Write host:port, for example 127.0.0.1:8400 or [::1]:8400.',
      ],
    ],
  ],
  [
    'an IPv6 address without brackets',
    [['http: 127.0.0.1:8400', "http: '::1:8400'"]],
    [
      [
        '4:11 listen.http',
        'This is not an address to listen on.',
        'Write host:port, for example 127.0.0.1:8400 or [::1]:8400.',
      ],
    ],
  ],
  [
    'a port that is too large',
    [['http: 127.0.0.1:8400', 'http: 127.0.0.1:84000']],
    [['4:11 listen.http', 'There is no such port.', 'Write a port from 0 to 65535.']],
  ],
  [
    'an advertised door that is closed',
    [['signIn:', 'advertise: { mysql: db.example.com:3306 }\nsignIn:']],
    [
      [
        '5:14 advertise.mysql',
        'Clients would be sent to the door mysql, which is closed.',
        'Open it with listen.mysql, or remove this key.',
      ],
    ],
  ],
  [
    'an advertised address that is none',
    [['signIn:', 'advertise: { postgres: "https://db.example.com" }\nsignIn:']],
    [
      [
        '5:14 advertise.postgres',
        'This is not the address of the PostgreSQL door as clients reach it.',
        'Write host:port, for example db.example.com:15432 or [::1]:15432.',
      ],
    ],
  ],
  [
    'two doors at one address',
    [['postgres: 127.0.0.1:15432', 'postgres: 127.0.0.1:8400']],
    [['4:33 listen.postgres', 'The door http listens at this address.', 'Give each door a port of its own.']],
  ],
  ...['0.0.0.0/0', '::/0', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/', 'proxy.internal', '10.1'].map(
    (given): Mistaken => [
      `a trusted proxy that is ${given}`,
      [['tokens:', `trustedProxies: ['${given}']\ntokens:`]],
      [
        [
          '22:18 trustedProxies[0]',
          'This is no address and no network.',
          'Write an address as 192.0.2.7, or a network as 10.0.0.0/8.',
        ],
      ],
    ],
  ),
  ...['0d', '12h', '400', '-1d', '400 days', 'forever', '40000d'].map(
    (given): Mistaken => [
      `an audit log that is kept for ${given}`,
      [['tokens:', `audit: { keep: "${given}" }\ntokens:`]],
      [['22:10 audit.keep', expect.stringMatching(/^This (is not a|duration is)/), expect.any(String)]],
    ],
  ),
  [
    'half a certificate',
    [['tokens:', 'tls: { certificate: ./server.crt }\ntokens:']],
    [
      [
        '22:1 tls.privateKey',
        'The key privateKey is missing.',
        'Write a text, for example ./tls/server.key.',
      ],
    ],
  ],
];

describe('mistakes about the file as a whole', () => {
  it.each(mistakes)('%s is told with its place and the fix', (_, changes, problems) => {
    expect(problemsAfter(changes)).toEqual(problems);
  });
});
