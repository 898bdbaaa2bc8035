import { describe, expect, it } from 'vitest';
import { type Mistaken, problemsAfter } from './testing/index.ts';

const mistakes: readonly Mistaken[] = [
  [
    'a role without a login',
    [['login: gw_admin, ', '']],
    [
      [
        '16:7 databases.authdb.roles.admin.login',
        'The key login is missing.',
        'Write a text, for example gw_readonly.',
      ],
    ],
  ],
  [
    'a login that the server reserves',
    [['login: gw_admin', 'login: pg_monitor']],
    [
      [
        '16:16 databases.authdb.roles.admin.login',
        'The database server reserves this name.',
        'Choose another login.',
      ],
    ],
  ],
  [
    'a login that is too long',
    [['login: gw_admin', 'login: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx']],
    [
      [
        '16:16 databases.authdb.roles.admin.login',
        'A login has 1 to 63 bytes.',
        'Write the name of a login as the database knows it.',
      ],
    ],
  ],
  [
    "a role with the manager's login",
    [['login: gw_admin', 'login: grantway_manager']],
    [
      [
        '16:16 databases.authdb.roles.admin.login',
        'This is the login of the manager, which may make roles and set passwords.',
        'Give the role a login of its own.',
      ],
    ],
  ],
  [
    'a role that is for nobody',
    [['allow: { groups: [admin] }', 'allow: {}']],
    [
      [
        '16:57 databases.authdb.roles.admin.allow',
        'This rule lets nobody in.',
        'Write everyone, or exactly one of groups, users, clients and claims.',
      ],
    ],
  ],
  [
    'a role without a rule',
    [[', allow: { groups: [admin] }', '']],
    [
      [
        '16:7 databases.authdb.roles.admin.allow',
        'The key allow is missing.',
        'Write everyone or a section with keys.',
      ],
    ],
  ],
  [
    'a rule of two kinds',
    [['allow: { groups: [admin] }', 'allow: { groups: [admin], users: [ann] }']],
    [
      [
        '16:57 databases.authdb.roles.admin.allow',
        'A rule goes by one thing only.',
        'Write everyone, or exactly one of groups, users, clients and claims.',
      ],
    ],
  ],
  [
    'a rule in a word that it does not know',
    [['allow: everyone', 'allow: everybody']],
    [
      [
        '17:66 databases.authdb.roles.readonly.allow',
        '"everybody" is not a word that this key takes.',
        'Did you mean everyone? Write everyone or a section with keys.',
      ],
    ],
  ],
  [
    'a rule with an empty list',
    [['allow: { groups: [admin] }', 'allow: { groups: [] }']],
    [
      [
        '16:66 databases.authdb.roles.admin.allow.groups',
        'This list is empty.',
        'Add an entry, or remove the key.',
      ],
    ],
  ],
  [
    'a rule for the people of a method that is not there',
    [['allow: { groups: [admin] }', "allow: { users: ['corp:jane'] }"]],
    [
      [
        '16:74 databases.authdb.roles.admin.allow.users[0]',
        'There is no sign-in method "corp".',
        'Write method:subject with local or client, or the bare user name of a local person.',
      ],
    ],
  ],
  [
    'a managed role without grants',
    [['login: gw_admin, password: env:GW_ADMIN', 'login: gw_admin']],
    [
      [
        '16:7 databases.authdb.roles.admin',
        'The role admin has no password, so Grantway is to make its login, but it does not say what the login may do.',
        'Add grants: read, write, admin or a list of statements; or add a password.',
      ],
    ],
  ],
  [
    'a managed role without a manager',
    [
      ['manager: { login: grantway_manager, password: env:MANAGER }', 'audit: standard'],
      ['login: gw_admin, password: env:GW_ADMIN', 'login: gw_admin, grants: admin'],
    ],
    [
      [
        '16:7 databases.authdb.roles.admin',
        'The role admin has no password, so Grantway is to make its login, but the database has no manager to do it with.',
        'Add manager: { login, password } to the database; or add a password to the role.',
      ],
    ],
  ],
  [
    'grants of a role that is not managed',
    [['password: env:GW_ADMIN', 'password: env:GW_ADMIN, grants: admin']],
    [
      [
        '16:57 databases.authdb.roles.admin.grants',
        'A role with a password is not managed, so its grants would never be made.',
        'Remove grants, or remove password to let Grantway make the login.',
      ],
    ],
  ],
  [
    'a managed login of two roles',
    [['login: gw_readonly, password: env:GW_READONLY', 'login: gw_admin, grants: read']],
    [
      [
        '17:19 databases.authdb.roles.readonly.login',
        'The role admin has the same login, and a managed login belongs to one role.',
        'Give each role a login of its own.',
      ],
    ],
  ],
  [
    'grants in a word that it does not know',
    [['login: gw_admin, password: env:GW_ADMIN', 'login: gw_admin, grants: readwrite']],
    [
      [
        '16:33 databases.authdb.roles.admin.grants',
        '"readwrite" is not a word that this key takes.',
        'Write read, write, admin or a list.',
      ],
    ],
  ],
  [
    'a database without roles',
    [
      [
        '\n      admin: { login: gw_admin, password: env:GW_ADMIN, allow: { groups: [admin] } }\n      readonly: { login: gw_readonly, password: env:GW_READONLY, allow: everyone }\n',
        ' {}\n',
      ],
    ],
    [
      ['15:5 databases.authdb.roles', 'A database without roles lets nobody in.', 'Add at least one role.'],
      [
        '17:106 clients.acme-bi.scopes[0]',
        'The database authdb has no role "readonly".',
        'Add it to the file.',
      ],
    ],
  ],
];

describe('mistakes about a role', () => {
  it.each(mistakes)('%s is told with its place and the fix', (_, changes, problems) => {
    expect(problemsAfter(changes)).toEqual(problems);
  });
});
