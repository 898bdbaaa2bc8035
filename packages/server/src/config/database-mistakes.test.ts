import { describe, expect, it } from 'vitest';
import { literalSecret, type Mistaken, problemsAfter } from './testing/index.ts';

const mistakes: readonly Mistaken[] = [
  [
    'an unknown key of a database',
    [['host: db.internal', 'hots: db.internal']],
    [
      [
        '10:5 databases.authdb.hots',
        'There is no such key here.',
        'Did you mean host? This section takes engine, host, port, sentinels, primary, sentinelAccount, cluster, database, tls, tlsCa, tlsCert, tlsKey, manager, aws, cloud, identityToken, pool, shareAcrossPeople, audit, auditParameters, allowCommands, allowLocalInfile and roles.',
      ],
    ],
  ],
  [
    'a client certificate without its key',
    [['tls: verify-full', 'tlsCert: ./own.crt']],
    [['12:5 databases.authdb.tlsCert', 'This certificate has no key.', 'Add tlsKey, or remove tlsCert.']],
  ],
  [
    'a key without its certificate',
    [['tls: verify-full', 'tlsKey: ./own.key']],
    [['12:5 databases.authdb.tlsKey', 'This key has no certificate.', 'Add tlsCert, or remove tlsKey.']],
  ],
  [
    'a client certificate for a server that nobody checks',
    [['tls: verify-full', 'tls: require\n    tlsCert: ./own.crt\n    tlsKey: ./own.key']],
    [
      [
        '13:5 databases.authdb.tlsCert',
        'With tls: require this certificate would be shown to whoever answers.',
        'Write tls: verify-full, or remove tlsCert and tlsKey.',
      ],
    ],
  ],
  [
    'files of clients where there are none',
    [['port: 5433', 'allowLocalInfile: true']],
    [
      [
        '11:5 databases.authdb.allowLocalInfile',
        'Clients of postgres have no LOAD DATA LOCAL INFILE.',
        'Take this entry out.',
      ],
    ],
  ],
  [
    'an unknown key of a role',
    [['login: gw_readonly', 'login: gw_readonly, alow: everyone']],
    [
      [
        '17:39 databases.authdb.roles.readonly.alow',
        'There is no such key here.',
        'Did you mean allow? This section takes login, password, grants, dbGroups, awsRole, allow, require and maxSession.',
      ],
    ],
  ],
  [
    'a literal password',
    [['password: env:GW_ADMIN', 'password: hunter2']],
    [['16:33 databases.authdb.roles.admin.password', ...literalSecret]],
  ],
  [
    'a password that YAML takes for a number',
    [['password: env:GW_ADMIN', 'password: 12345678']],
    [['16:33 databases.authdb.roles.admin.password', ...literalSecret]],
  ],
  [
    'a secret from a variable that cannot exist',
    [['password: env:GW_ADMIN', 'password: env:GW-ADMIN']],
    [
      [
        '16:33 databases.authdb.roles.admin.password',
        'This is no name of an environment variable.',
        'Write env: and then letters, digits and _ only.',
      ],
    ],
  ],
  [
    'a secret from no file',
    [['password: env:GW_ADMIN', "password: 'file:'"]],
    [
      [
        '16:33 databases.authdb.roles.admin.password',
        'The path is missing.',
        'Write file: and then a path, which starts from the folder of this file.',
      ],
    ],
  ],
  [
    'an engine that nobody knows',
    [['engine: postgres', 'engine: postgresql']],
    [
      [
        '9:5 databases.authdb.engine',
        '"postgresql" is not a word that this key takes.',
        'Did you mean postgres? Write postgres, mysql, redis or redshift.',
      ],
    ],
  ],
  [
    'a missing engine',
    [['    engine: postgres\n', '']],
    [
      [
        '8:3 databases.authdb.engine',
        'The key engine is missing.',
        'Write postgres, mysql, redis or redshift.',
      ],
    ],
  ],
  [
    'a host with a port',
    [['host: db.internal', 'host: db.internal:5432']],
    [
      [
        '10:5 databases.authdb.host',
        'This is not a host name.',
        'Write the name or address alone; the port has a key of its own.',
      ],
    ],
  ],
  [
    'a port that is text',
    [['port: 5433', "port: '5433'"]],
    [
      [
        '11:5 databases.authdb.port',
        'This is a text, which this key does not take.',
        'Write a whole number, for example 5432.',
      ],
    ],
  ],
  [
    'a port out of range',
    [['port: 5433', 'port: 70000']],
    [['11:5 databases.authdb.port', 'This number is out of range.', 'Write at most 65535.']],
  ],
  [
    'a TLS mode that is misspelt',
    [['tls: verify-full', 'tls: verify_full']],
    [
      [
        '12:5 databases.authdb.tls',
        '"verify_full" is not a word that this key takes.',
        'Did you mean verify-full? Write verify-full, verify-ca, require or off.',
      ],
    ],
  ],
  [
    'no TLS to another machine',
    [['tls: verify-full', 'tls: off']],
    [
      [
        '12:5 databases.authdb.tls',
        'Without TLS, passwords and data would cross the network in clear text.',
        'Write verify-full; off is for a loopback host only.',
      ],
    ],
  ],
  [
    'authorities that nothing is checked against',
    [['tls: verify-full', 'tls: require\n    tlsCa: ./ca.crt']],
    [
      [
        '13:5 databases.authdb.tlsCa',
        'With tls: require nothing is checked against this file.',
        'Write tls: verify-full, or remove tlsCa.',
      ],
    ],
  ],
  [
    'a database name with capitals',
    [['  authdb:\n', '  AuthDB:\n']],
    [
      [
        '8:3 databases.AuthDB',
        'This name cannot be used.',
        'Use a small letter first, then small letters, digits, - and _, at most 63 in all: it becomes part of scopes and addresses.',
      ],
      [
        '19:106 clients.acme-bi.scopes[0]',
        'There is no database "authdb" in this file.',
        'Did you mean AuthDB? The file has AuthDB.',
      ],
    ],
  ],
  [
    'transaction pooling, which is not there yet',
    [['mode: session', 'mode: transaction']],
    [
      [
        '14:13 databases.authdb.pool.mode',
        'Pooling by "transaction" is not in this version of Grantway.',
        'Write session, or take this entry out.',
      ],
    ],
  ],
  [
    'a way to pool that there is not',
    [['mode: session', 'mode: sesion']],
    [
      [
        '14:13 databases.authdb.pool.mode',
        '"sesion" is not a way to pool.',
        'Did you mean session? Write session, or take this entry out.',
      ],
    ],
  ],
  [
    'a pool of no size',
    [['size: 20', 'size: 0']],
    [['14:28 databases.authdb.pool.size', 'This number is out of range.', 'Write at least 1.']],
  ],
  [
    'one connection for many clients of an engine that has no such thing',
    [['mode: session', 'mode: multiplexed']],
    [
      [
        '14:13 databases.authdb.pool.mode',
        'A connection of postgres serves one client at a time.',
        'Write session, or take this entry out.',
      ],
    ],
  ],
  [
    'a truth value in words',
    [['size: 20 }', "size: 20 }\n    shareAcrossPeople: 'yes'"]],
    [
      [
        '15:5 databases.authdb.shareAcrossPeople',
        'This is a text, which this key does not take.',
        'Write true or false.',
      ],
    ],
  ],
];

describe('mistakes about a database', () => {
  it.each(mistakes)('%s is told with its place and the fix', (_, changes, problems) => {
    expect(problemsAfter(changes)).toEqual(problems);
  });
});
