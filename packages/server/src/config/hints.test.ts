import { expect, test } from 'vitest';
import { configHints } from './hints.ts';
import { parseConfig } from './index.ts';

function hints(corp: string): readonly string[] {
  const parsed = parseConfig(
    `
issuer: http://127.0.0.1:8400
masterKey: env:KEY
listen: { http: 127.0.0.1:8400 }
signIn: { corp: { kind: oidc, clientId: grantway, ${corp} } }
databases:
  authdb:
    engine: postgres
    host: 127.0.0.1
    tls: off
    roles: { readonly: { login: r, password: env:R, allow: everyone } }
`,
    'grantway.yaml',
    {},
  );
  if (parsed.outcome === 'invalid') throw new Error(JSON.stringify(parsed.problems));
  return configHints(parsed.config);
}

test.each([
  ['without scopes, since offline_access is asked for then', ''],
  ['with offline_access among the scopes', ', scopes: [profile, offline_access]'],
])('a Keycloak is told of %s', (_, scopes) => {
  expect(hints(`issuer: "https://id.example.com/realms/staff"${scopes}`)).toEqual([
    expect.stringMatching(/^signIn\.corp: .*Keycloak.*scopes: \[profile, email\]/),
  ]);
});

test.each([
  [
    'a Keycloak without offline_access',
    'issuer: "https://id.example.com/realms/staff", scopes: [profile, email]',
  ],
  ['another provider', 'issuer: "https://login.example.com/tenant/v2.0"'],
])('nothing is said of %s', (_, corp) => {
  expect(hints(corp)).toEqual([]);
});
