import { describe, expect, test } from 'vitest';
import { parseConfig } from './index.ts';
import { type Mistaken, problemsAfter, soundFile } from './testing/index.ts';

const entry = soundFile.slice(soundFile.indexOf('    engine: postgres'), soundFile.indexOf('clients:'));
const signIn = soundFile.slice(soundFile.indexOf('signIn:'), soundFile.indexOf('databases:'));
const methods = `signIn:
  local: {}
  corp: { kind: oidc, issuer: "https://idp.example.com", clientId: grantway }
`;
const person = '{ readonly: { login: person, allow: everyone } }';
const token = 'signIn: corp, audience: "https://warehouse.example"';
const redshift = 'engine: redshift; host: sales.abc.eu-central-1.redshift.amazonaws.com';

/** The sound file with another entry for its database, and a provider to sign in at. */
function file(keys: string, roles = person): Mistaken[1] {
  return [
    [entry, `    ${keys.replaceAll('; ', '\n    ')}\n    roles: ${roles}\n`],
    [signIn, methods],
  ];
}

function loaded(changes: Mistaken[1]) {
  const text = (changes as readonly (readonly [string, string])[]).reduce(
    (file, [from, to]) => file.replace(from, () => to),
    soundFile,
  );
  const result = parseConfig(text, '/etc/grantway/grantway.yaml', {});
  if (result.outcome !== 'loaded') throw new Error(JSON.stringify(result.problems));
  return result.config.databases.get('authdb');
}

describe('a Redshift database that takes tokens of identity providers', () => {
  test('has one role for everybody as themselves, and may have others with passwords', () => {
    const roles =
      '{ readonly: { login: person, allow: everyone }, etl: { login: etl, password: env:ETL, allow: everyone } }';
    const database = loaded(file(`${redshift}; identityToken: { ${token} }`, roles));
    expect(database?.identityToken).toEqual({
      signIn: 'corp',
      token: 'access',
      audience: 'https://warehouse.example',
      idpType: 'AzureAD',
    });
    expect(database?.roles.map(({ name, asPerson }) => [name, asPerson])).toEqual([
      ['readonly', true],
      ['etl', undefined],
    ]);
  });

  test('says which provider it is, and what to ask it for', () => {
    const more = 'token: id, scopes: [openid], idpType: AwsIdc, providerName: p, namespace: n';
    expect(loaded(file(`${redshift}; identityToken: { ${token}, ${more} }`))?.identityToken).toEqual({
      signIn: 'corp',
      token: 'id',
      audience: 'https://warehouse.example',
      scopes: ['openid'],
      idpType: 'AwsIdc',
      providerName: 'p',
      namespace: 'n',
    });
  });
});

const at = 'databases.authdb';
const mistakes: readonly [what: string, changes: Mistaken[1], place: string, message: string][] = [
  [
    'another engine',
    file(`engine: postgres; host: db.internal; identityToken: { ${token} }`),
    `${at}.identityToken`,
    'Tokens of identity providers are taken by redshift only.',
  ],
  [
    'a sign-in method that there is not',
    file(`${redshift}; identityToken: { signIn: other, audience: a }`),
    `${at}.identityToken.signIn`,
    'There is no OpenID sign-in method of this name.',
  ],
  [
    'a sign-in method without a provider',
    file(`${redshift}; identityToken: { signIn: local, audience: a }`),
    `${at}.identityToken.signIn`,
    'There is no OpenID sign-in method of this name.',
  ],
  [
    'AWS beside it',
    file(`${redshift}; aws: { region: eu-central-1, cluster: sales }; identityToken: { ${token} }`),
    `${at}.identityToken`,
    'Logins come from AWS or from the identity provider, not both.',
  ],
  [
    'a server that proves nothing',
    file(`${redshift}; tls: require; identityToken: { ${token} }`),
    `${at}.tls`,
    'Tokens of people would be shown to whoever answers.',
  ],
  [
    'people who share connections',
    file(`${redshift}; shareAcrossPeople: true; identityToken: { ${token} }`),
    `${at}.shareAcrossPeople`,
    'With identityToken each person is a user of their own, and nobody may be another.',
  ],
  [
    'two roles that would be the same',
    file(
      `${redshift}; identityToken: { ${token} }`,
      '{ readonly: { login: a, allow: everyone }, b: { login: b, allow: everyone } }',
    ),
    `${at}.roles.b`,
    'This is the same as the role readonly: the rights of a person are those of their token, whatever the role.',
  ],
  [
    'groups, which the token says',
    file(
      `${redshift}; identityToken: { ${token} }`,
      '{ readonly: { login: a, dbGroups: [readers], allow: everyone } }',
    ),
    `${at}.roles.readonly.dbGroups`,
    'This would change nothing: the database has no section aws.',
  ],
  [
    'no audience',
    file(`${redshift}; identityToken: { signIn: corp }`),
    `${at}.identityToken.audience`,
    'The key audience is missing.',
  ],
];

test.each(mistakes)('%s is told at its place, with a fix', (_, changes, place, message) => {
  const found = problemsAfter(changes);
  expect(found.map(([where, what]) => [where.replace(/^\S+ /, ''), what])).toEqual([[place, message]]);
  for (const [, , fix] of found) expect(fix).toMatch(/^[A-Z].+\.$/);
});
