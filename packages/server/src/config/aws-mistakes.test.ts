import { describe, expect, test } from 'vitest';
import { parseConfig } from './index.ts';
import { type Mistaken, problemsAfter, soundFile } from './testing/index.ts';

const entry = soundFile.slice(soundFile.indexOf('    engine: postgres'), soundFile.indexOf('clients:'));

/** The sound file with another entry for its database. */
function file(keys: string, roles = '{ readonly: { login: gw_readonly, allow: everyone } }'): Mistaken[1] {
  return [[entry, `    ${keys.replaceAll('; ', '\n    ')}\n    roles: ${roles}\n`]];
}

const redshift = 'engine: redshift; host: sales.abc.eu-central-1.redshift.amazonaws.com';
const cluster = 'region: eu-central-1, cluster: sales';

function loaded(changes: Mistaken[1]) {
  const [[from, to] = ['', '']] = changes as readonly (readonly [string, string])[];
  const result = parseConfig(
    soundFile.replace(from, () => to),
    '/etc/grantway/grantway.yaml',
    {},
  );
  if (result.outcome !== 'loaded') throw new Error(JSON.stringify(result.problems));
  return result.config.databases.get('authdb');
}

describe('a Redshift database', () => {
  test('may have nothing to do with AWS', () => {
    const database = loaded(
      file(redshift, '{ readonly: { login: gw_readonly, password: env:GW_READONLY, allow: everyone } }'),
    );
    expect(database).toMatchObject({ engine: 'redshift', port: 5439 });
    expect(database).not.toHaveProperty('aws');
  });

  test('of a cluster logs in as the role unless it says otherwise', () => {
    expect(loaded(file(`${redshift}; aws: { ${cluster} }`))?.aws).toEqual({
      region: 'eu-central-1',
      warehouse: { kind: 'cluster', identifier: 'sales' },
      loginAs: 'role',
      autoCreate: false,
      durationMs: 900_000,
    });
  });

  test('of a workgroup logs in as the AWS identity', () => {
    const aws = 'region: us-gov-west-1, workgroup: adhoc, duration: 1h, endpoint: "https://vpce.example.com"';
    expect(loaded(file(`${redshift}; aws: { ${aws} }`))?.aws).toEqual({
      region: 'us-gov-west-1',
      warehouse: { kind: 'workgroup', name: 'adhoc' },
      loginAs: 'iam',
      autoCreate: false,
      durationMs: 3_600_000,
      endpoint: 'https://vpce.example.com',
    });
  });

  test('has groups and an AWS role for each role', () => {
    const role =
      '{ login: gw_r, dbGroups: [readers], awsRole: "arn:aws:iam::123456789012:role/r", allow: everyone }';
    expect(loaded(file(`${redshift}; aws: { ${cluster} }`, `{ readonly: ${role} }`))?.roles).toMatchObject([
      { dbGroups: ['readers'], awsRole: 'arn:aws:iam::123456789012:role/r' },
    ]);
  });

  test('has no host when it is queried through the Data API', () => {
    expect(loaded(file(`engine: redshift; aws: { ${cluster}, dataApi: true }`))?.host).toBe('');
  });
});

const at = 'databases.authdb';
const mistakes: readonly Mistaken[] = [
  [
    'no host',
    file(`engine: redshift; aws: { ${cluster} }`),
    [[`${at}.host`, 'The key host is missing.', '']],
  ],
  [
    'a host beside the Data API',
    file(`${redshift}; aws: { ${cluster}, dataApi: true }`),
    [[`${at}.host`, 'A database is reached over the network or through the Data API, not both.', '']],
  ],
  [
    'AWS for another engine',
    file(`engine: postgres; host: db.internal; aws: { ${cluster} }`),
    [[`${at}.aws`, 'AWS issues logins for redshift only.', '']],
  ],
  [
    'neither a cluster nor a workgroup',
    file(`${redshift}; aws: { region: eu-central-1 }`),
    [[`${at}.aws`, 'It does not say which one warehouse this is.', '']],
  ],
  [
    'both of them',
    file(`${redshift}; aws: { ${cluster}, workgroup: adhoc }`),
    [[`${at}.aws`, 'It does not say which one warehouse this is.', '']],
  ],
  [
    'a workgroup that should log in as a person',
    file(`${redshift}; aws: { region: eu-central-1, workgroup: adhoc, loginAs: person }`),
    [[`${at}.aws.loginAs`, 'A workgroup decides by the AWS identity alone who a session is.', '']],
  ],
  [
    'autoCreate where nobody is named',
    file(`${redshift}; aws: { ${cluster}, loginAs: iam, autoCreate: true }`),
    [[`${at}.aws.autoCreate`, 'Only a login for a named user of a cluster can make that user.', '']],
  ],
  [
    'people who share connections and are users of their own',
    file(`${redshift}; shareAcrossPeople: true; aws: { ${cluster}, loginAs: person }`),
    [
      [
        `${at}.shareAcrossPeople`,
        'With aws.loginAs: person each person is a user of their own, and nobody may be another.',
        '',
      ],
    ],
  ],
  [
    'a password for the Data API',
    file(
      `engine: redshift; aws: { ${cluster}, dataApi: true }`,
      '{ readonly: { login: gw_r, password: env:GW_R, allow: everyone } }',
    ),
    [[`${at}.roles.readonly.password`, 'The Data API takes no password: the AWS identity is the proof.', '']],
  ],
  [
    'groups for the Data API',
    file(
      `engine: redshift; aws: { ${cluster}, dataApi: true }`,
      '{ readonly: { login: gw_r, dbGroups: [readers], allow: everyone } }',
    ),
    [[`${at}.roles.readonly.dbGroups`, 'This would change nothing: the Data API joins no groups.', '']],
  ],
  [
    'groups beside a password',
    file(
      `${redshift}; aws: { ${cluster} }`,
      '{ readonly: { login: gw_r, password: env:GW_R, dbGroups: [readers], allow: everyone }, other: { login: gw_o, allow: everyone } }',
    ),
    [[`${at}.roles.readonly.dbGroups`, 'This would change nothing: its login comes from password.', '']],
  ],
  [
    'groups without AWS',
    file(redshift, '{ readonly: { login: gw_r, password: env:GW_R, dbGroups: [readers], allow: everyone } }'),
    [[`${at}.roles.readonly.dbGroups`, 'This would change nothing: the database has no section aws.', '']],
  ],
  [
    'groups for whoever the AWS identity is',
    file(
      `${redshift}; aws: { ${cluster}, loginAs: iam }`,
      '{ readonly: { login: gw_r, dbGroups: [a], allow: everyone } }',
    ),
    [
      [
        `${at}.roles.readonly.dbGroups`,
        'This would change nothing: the user comes from the AWS identity.',
        '',
      ],
    ],
  ],
  [
    'a login that AWS does not take',
    file(`${redshift}; aws: { ${cluster} }`, '{ readonly: { login: "1st", allow: everyone } }'),
    [[`${at}.roles.readonly.login`, 'AWS issues no login under this name.', '']],
  ],
  [
    'something else than an ARN',
    file(
      `${redshift}; aws: { ${cluster} }`,
      '{ readonly: { login: r, awsRole: analysts, allow: everyone } }',
    ),
    [[`${at}.roles.readonly.awsRole`, 'This is no ARN of an AWS role.', '']],
  ],
  [
    'a region that is none',
    file(`${redshift}; aws: { region: Frankfurt, cluster: sales }`),
    [[`${at}.aws.region`, 'This is no AWS region.', '']],
  ],
  [
    'an endpoint in clear text',
    file(`${redshift}; aws: { ${cluster}, endpoint: "http://vpce.example.com" }`),
    [[`${at}.aws.endpoint`, 'Logins would cross the network in clear text.', '']],
  ],
  [
    'an endpoint with a path',
    file(`${redshift}; aws: { ${cluster}, endpoint: "https://vpce.example.com/x" }`),
    [[`${at}.aws.endpoint`, 'This is not the base URL of a service.', '']],
  ],
  [
    'a duration that AWS does not take',
    file(`${redshift}; aws: { ${cluster}, duration: 2h }`),
    [[`${at}.aws.duration`, 'This duration is out of range.', '']],
  ],
  [
    'a key that there is not',
    file(`${redshift}; aws: { ${cluster}, accessKey: AKIA }`),
    [[`${at}.aws.accessKey`, 'There is no such key here.', '']],
  ],
];

describe('mistakes about AWS', () => {
  test.each(mistakes)('%s is told at its place, with a fix', (_, changes, expected) => {
    const found = problemsAfter(changes);
    expect(found.map(([place, message]) => [place.replace(/^\S+ /, ''), message])).toEqual(
      expected.map(([place, message]) => [place, message]),
    );
    for (const [, , fix] of found) expect(fix).toMatch(/^[A-Z].+\.$/);
  });
});
