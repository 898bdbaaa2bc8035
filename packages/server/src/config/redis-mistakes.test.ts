import { describe, expect, it } from 'vitest';
import { parseConfig } from './index.ts';
import { type Mistaken, problemsAfter, soundFile } from './testing/index.ts';

const toRedis = [
  ['engine: postgres', 'engine: redis'],
  ['port: 5433', 'port: 6380'],
] as const;

const anyRule =
  'Write +command, -command, +@category, -@category, ~keys, %R~keys, %W~keys, &channels, or several of them in (parentheses).';

const mistakes: readonly Mistaken[] = [
  [
    'a name in the place of a number',
    [...toRedis, ['port: 6380', 'database: cache']],
    [
      [
        '11:5 databases.authdb.database',
        'A database of redis has a number and no name.',
        'Write its number, or leave this out for 0.',
      ],
    ],
  ],
  [
    'a number with zeros in front, which the server would read otherwise',
    [...toRedis, ['port: 6380', 'database: "01"']],
    [
      [
        '11:5 databases.authdb.database',
        'A database of redis has a number and no name.',
        'Write its number, or leave this out for 0.',
      ],
    ],
  ],
  [
    'a number where there are names',
    [['port: 5433', 'database: 3']],
    [
      [
        '11:5 databases.authdb.database',
        'A database of postgres has a name, and this is a number.',
        'Put it in quotes if that is its name.',
      ],
    ],
  ],
  [
    'what is no command among those that are allowed',
    [...toRedis, ['port: 6380', 'allowCommands: ["KEYS *"]']],
    [
      [
        '11:21 databases.authdb.allowCommands[0]',
        'This is no command.',
        'Write its name, and one subcommand if it is about that: CLIENT LIST.',
      ],
    ],
  ],
  [
    'what no configuration can allow, and what is refused by nobody, among the commands that are allowed',
    [...toRedis, ['port: 6380', 'allowCommands: [KEYS, monitor, CLIENT CAPA, CLIENT ID, FLUSHBD]']],
    [
      ['11:27 databases.authdb.allowCommands[1]', 'MONITOR cannot be allowed.', 'Take this entry out.'],
      ['11:36 databases.authdb.allowCommands[2]', 'CLIENT CAPA cannot be allowed.', 'Take this entry out.'],
      [
        '11:49 databases.authdb.allowCommands[3]',
        'CLIENT ID is not among the commands that Grantway refuses by name, so this changes nothing.',
        'Take this entry out; the rights of the logins decide.',
      ],
      [
        '11:60 databases.authdb.allowCommands[4]',
        'FLUSHBD is not among the commands that Grantway refuses by name, so this changes nothing.',
        'Did you mean FLUSHDB?',
      ],
    ],
  ],
  [
    'ACL rules that no server would take, each where it stands',
    [
      ...toRedis,
      [
        'readonly: { login: gw_readonly, password: env:GW_READONLY, allow: everyone }',
        `readonly:
        login: gw_readonly
        allow: everyone
        grants:
          - read
          - "~app:* +@strem"
          - +get|
          - ">hunter2"
          - (%X~a +@set)
          - allkeys
          - DROP`,
      ],
    ],
    [
      [
        '22:13 databases.authdb.roles.readonly.grants[1]',
        'The rule +@strem names a category that no Redis or Valkey has.',
        'Did you mean @stream?',
      ],
      [
        '23:13 databases.authdb.roles.readonly.grants[2]',
        'The rule +get| is no command or category.',
        anyRule,
      ],
      [
        '24:13 databases.authdb.roles.readonly.grants[3]',
        'The rule >… is about the password, which is for Grantway to set.',
        anyRule,
      ],
      [
        '25:13 databases.authdb.roles.readonly.grants[4]',
        'The rule %X~a is no pattern: write ~keys, %R~keys, %W~keys or &channels.',
        anyRule,
      ],
      [
        '26:13 databases.authdb.roles.readonly.grants[5]',
        'The rule allkeys is another word for ~*, &* or +@all; write that.',
        anyRule,
      ],
      ['27:13 databases.authdb.roles.readonly.grants[6]', 'The rule DROP is no ACL rule.', anyRule],
    ],
  ],
  [
    'ACL rules without a key or a channel',
    [
      ...toRedis,
      [
        'readonly: { login: gw_readonly, password: env:GW_READONLY',
        'readonly: { login: gw_readonly, grants: [+get]',
      ],
    ],
    [
      [
        '17:39 databases.authdb.roles.readonly.grants',
        'The rules name neither keys nor channels. Add a pattern, or ~* for all keys.',
        anyRule,
      ],
    ],
  ],
  [
    'allowed commands where none is refused',
    [['port: 5433', 'allowCommands: [KEYS]']],
    [
      [
        '11:5 databases.authdb.allowCommands',
        'Grantway refuses no command of postgres by itself.',
        'Take this entry out; the rights of the logins decide.',
      ],
    ],
  ],
  [
    'AWS logins, which are for another engine',
    [...toRedis, ['port: 6380', 'aws: { region: eu-central-1, cluster: c }']],
    [
      [
        '11:5 databases.authdb.aws',
        'AWS issues logins for redshift only.',
        'Remove aws, and give each role a password or grants.',
      ],
    ],
  ],
];

describe('a Redis in the configuration', () => {
  it.each(mistakes)('refuses %s', (_, changes, expected) => {
    expect(problemsAfter(changes)).toEqual(expected);
  });

  it.each([
    ['', '0'],
    ['database: 0', '0'],
    ['database: 15', '15'],
    ['database: "3"', '3'],
  ])('is the database of %j: number %s on the usual port', (key, number) => {
    const text = soundFile.replace('engine: postgres', 'engine: redis').replace('port: 5433', key);
    const loaded = parseConfig(text, '/etc/grantway.yaml', {});
    expect(loaded.outcome === 'loaded' ? loaded.config.databases.get('authdb') : loaded).toMatchObject({
      engine: 'redis',
      port: 6379,
      upstreamName: number,
    });
  });

  it('has allowed commands in capitals', () => {
    const text = soundFile
      .replace('engine: postgres', 'engine: redis')
      .replace('port: 5433', 'allowCommands: [keys, Client List]');
    const loaded = parseConfig(text, '/etc/grantway.yaml', {});
    expect(loaded.outcome === 'loaded' ? loaded.config.databases.get('authdb') : loaded).toMatchObject({
      allowCommands: ['KEYS', 'CLIENT LIST'],
    });
  });
});
