import { describe, expect, it } from 'vitest';
import { type Environment, parseConfig } from './index.ts';
import { soundFile } from './testing/index.ts';

const file = '/etc/grantway/grantway.yaml';

function valueWith(env: Environment, path: readonly (string | number)[], text = soundFile): unknown {
  const result = parseConfig(text, file, env);
  if (result.outcome === 'invalid')
    return result.problems.map(({ variable, message }) => `${variable}: ${message}`);
  let value: unknown = { ...result.config, databases: Object.fromEntries(result.config.databases) };
  for (const key of path) value = (value as Record<string | number, unknown>)[key];
  return value;
}

describe('an environment variable', () => {
  it.each<[string, string, readonly (string | number)[], unknown]>([
    ['GRANTWAY_ISSUER', 'http://127.0.0.1:9', ['issuer'], 'http://127.0.0.1:9'],
    ['GRANTWAY_DATADIR', '/srv/grantway', ['dataDir'], '/srv/grantway'],
    ['GRANTWAY_DATA_DIR', '/srv/grantway', ['dataDir'], '/srv/grantway'],
    ['GRANTWAY_STORE', 'env:STORE', ['store', 'url'], 'env:STORE'],
    ['GRANTWAY_LISTEN_HTTP', '[::1]:80', ['listen', 'http'], { host: '::1', port: 80 }],
    ['GRANTWAY_DATABASES_AUTHDB_HOST', '10.0.0.9', ['databases', 'authdb', 'host'], '10.0.0.9'],
    ['GRANTWAY_DATABASES_AUTHDB_PORT', '6000', ['databases', 'authdb', 'port'], 6000],
    [
      'GRANTWAY_DATABASES_AUTHDB_SHAREACROSSPEOPLE',
      'true',
      ['databases', 'authdb', 'shareAcrossPeople'],
      true,
    ],
    ['GRANTWAY_DATABASES_AUTHDB_POOL_SIZE', '3', ['databases', 'authdb', 'pool', 'size'], 3],
    [
      'GRANTWAY_DATABASES_AUTHDB_ROLES_ADMIN_LOGIN',
      'other',
      ['databases', 'authdb', 'roles', 0, 'login'],
      'other',
    ],
    [
      'GRANTWAY_DATABASES_AUTHDB_ROLES_ADMIN_ALLOW',
      'everyone',
      ['databases', 'authdb', 'roles', 0, 'allow', 'kind'],
      'everyone',
    ],
    ['GRANTWAY_CLIENTS_ACME_BI_NAME', 'Other', ['clients', 0, 'name'], 'Other'],
    ['GRANTWAY_TOKENS_BROWSER_SESSION', '1h', ['tokens', 'browserSessionMs'], 3_600_000],
    ['GRANTWAY_REGISTRATION_ENABLED', 'true', ['registration', 'enabled'], true],
  ])('%s sets one key', (variable, given, path, expected) => {
    expect(valueWith({ [variable]: given }, path)).toEqual(expected);
  });

  it.each([
    ['GRANTWAY_CLI_ISSUER', 'x'],
    ['GRANTWAY_TEST_POSTGRES', 'x'],
    ['GRANTWAY_ISSUER_URL', 'x'],
    ['GRANTWAY_TOKEN', 'x'],
    ['GRANTWAY', 'x'],
    ['OTHER_ISSUER', 'x'],
  ])('%s is not the business of the configuration', (variable, given) => {
    expect(valueWith({ [variable]: given }, ['issuer'])).toBe('https://access.example.com');
  });

  it.each([
    ['GRANTWAY_LISTEN_HTP', '127.0.0.1:1'],
    ['GRANTWAY_DATABASES_OTHER_HOST', 'h'],
    ['GRANTWAY_DATABASES_AUTHDB', 'h'],
    ['GRANTWAY_DATABASES_AUTHDB_ROLES_ADMIN_ALLOW_GROUPS', 'admin'],
    ['GRANTWAY_ISUER', 'https://x.example'],
    ['GRANTWAY_MASTERKEI', 'env:X'],
  ])('%s looks like a key and is none, which is an error', (variable, given) => {
    expect(valueWith({ [variable]: given }, [])).toEqual([
      `${variable}: The variable ${variable} names no key that can be set this way.`,
    ]);
  });

  it('that fits two keys is an error', () => {
    const text = soundFile.replace(
      'clients:\n',
      'clients:\n  acme_bi: { name: B, redirectUris: [https://b.example/], scopes: [openid] }\n',
    );
    expect(valueWith({ GRANTWAY_CLIENTS_ACME_BI_NAME: 'X' }, [], text)).toEqual([
      'GRANTWAY_CLIENTS_ACME_BI_NAME: This variable fits clients.acme_bi.name and clients.acme-bi.name.',
    ]);
  });

  it('is named when its value is wrong', () => {
    expect(valueWith({ GRANTWAY_DATABASES_AUTHDB_PORT: 'high' }, [])).toEqual([
      'GRANTWAY_DATABASES_AUTHDB_PORT: This is a text, which this key does not take.',
    ]);
    expect(valueWith({ GRANTWAY_DATABASES_AUTHDB_TLS: 'off' }, [])).toEqual([
      'GRANTWAY_DATABASES_AUTHDB_TLS: Without TLS, passwords and data would cross the network in clear text.',
    ]);
  });

  it('cannot carry a secret in clear, and the value is not shown', () => {
    const env = { GRANTWAY_DATABASES_AUTHDB_MANAGER_PASSWORD: 'hunter2' };
    expect(valueWith(env, [])).toEqual([
      'GRANTWAY_DATABASES_AUTHDB_MANAGER_PASSWORD: A secret is never written in this file.',
    ]);
  });

  it('that the file names as a secret sets nothing', () => {
    const text = soundFile.replace('file:./master.key', 'env:GRANTWAY_MASTER_KEY');
    expect(valueWith({ GRANTWAY_MASTER_KEY: 'c2VjcmV0' }, ['masterKey'], text)).toBe(
      'env:GRANTWAY_MASTER_KEY',
    );
  });

  it('leaves the other keys of a section that it makes at their defaults', () => {
    const text = soundFile.replace('tokens: { access: 15m }\n', '');
    expect(valueWith({ GRANTWAY_TOKENS_ACCESS: '1m' }, ['tokens'], text)).toMatchObject({
      accessMs: 60_000,
      refreshMs: 2_592_000_000,
    });
  });
});
