import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifies } from '../../../../tests/requirements.ts';
import { type Config, type Environment, formatProblems, loadConfig, parseConfig } from './index.ts';
import { hash, soundFile } from './testing/index.ts';

const file = '/etc/grantway/grantway.yaml';

function loaded(text: string, env: Environment = {}): Config {
  const result = parseConfig(text, file, env);
  if (result.outcome === 'invalid') throw new Error(formatProblems(result.problems, file));
  return result.config;
}

function problems(text: string, env: Environment = {}) {
  const result = parseConfig(text, file, env);
  return result.outcome === 'invalid' ? result.problems : [];
}

/** The example of the documentation, as far as PostgreSQL goes. */
const example = `
issuer: https://access.example.com       # public base URL, an origin without path; loopback http is allowed
dataDir: ./.grantway
store: sqlite:./.grantway/grantway.db    # or postgres://… for many gateways on one store
masterKey: file:./master.key             # 32 bytes, base64; wraps every stored secret
listen: { http: 0.0.0.0:8400, postgres: 0.0.0.0:15432 }
advertise: { postgres: "db.example.com:5432" }
tls: { certificate: ./tls/server.crt, privateKey: ./tls/server.key }
signIn:
  local: {}
databases:
  authdb:
    engine: postgres
    host: db.internal
    port: 5432
    database: authdb
    tls: verify-full                     # verify-full | verify-ca | require | off (off only to loopback)
    manager: { login: grantway_manager, password: env:MANAGER_PASSWORD }
    pool: { mode: session, size: 20 }
    roles:
      admin:     { login: gw_admin, password: env:GW_ADMIN_PASSWORD, allow: { groups: [admin] } }
      readwrite: { login: gw_readwrite, password: env:GW_RW_PASSWORD, allow: { groups: [admin, editor] } }
      readonly:  { login: gw_readonly, password: env:GW_RO_PASSWORD, allow: everyone }
clients:
  acme-bi: { name: Acme BI, redirectUris: [https://bi.acme.example/callback], secret: env:ACME_SECRET, scopes: ["db:authdb:readonly"] }
users:
  viewer@example.com: { groups: [viewer], passwordHash: ${hash} }
`;

describe('a configuration', () => {
  it('is loaded from the documented example, with defaults and absolute paths', () => {
    const config = loaded(example);
    expect(config).toMatchObject({
      file,
      issuer: 'https://access.example.com',
      dataDir: '/etc/grantway/.grantway',
      store: { kind: 'sqlite', path: '/etc/grantway/.grantway/grantway.db' },
      masterKey: 'file:/etc/grantway/master.key',
      listen: { http: { host: '0.0.0.0', port: 8400 }, postgres: { host: '0.0.0.0', port: 15432 } },
      advertise: { postgres: { host: 'db.example.com', port: 5432 } },
      tls: { certificate: '/etc/grantway/tls/server.crt', privateKey: '/etc/grantway/tls/server.key' },
      signIn: [{ kind: 'local', name: 'local' }],
      clients: [
        {
          id: 'acme-bi',
          name: 'Acme BI',
          redirectUris: ['https://bi.acme.example/callback'],
          secret: 'env:ACME_SECRET',
          scopes: ['db:authdb:readonly'],
          grantTypes: ['authorization_code', 'refresh_token'],
        },
      ],
      users: [{ username: 'viewer@example.com', groups: ['viewer'], claims: {}, passwordHash: hash }],
      tokens: {
        accessMs: 900_000,
        refreshMs: 2_592_000_000,
        browserSessionMs: 43_200_000,
        signingKeyMs: 7_776_000_000,
        signingKeyNoticeMs: 86_400_000,
      },
      limits: {
        address: { requests: 6000, windowMs: 60_000 },
        client: { requests: 12_000, windowMs: 60_000 },
        person: { requests: 6000, windowMs: 60_000 },
      },
      registration: { enabled: false },
    });
    expect(config).not.toHaveProperty('admins');
    expect(config.databases.get('authdb')).toMatchObject({
      engine: 'postgres',
      upstreamName: 'authdb',
      tls: 'verify-full',
      audit: 'standard',
      auditParameters: false,
      shareAcrossPeople: false,
    });
  });

  it('keeps the roles in the order of the file, for the first is the default', () => {
    expect(
      loaded(example)
        .databases.get('authdb')
        ?.roles.map((role) => role.name),
    ).toEqual(['admin', 'readwrite', 'readonly']);
  });

  it.each([
    ['issuer: https://access.example.com', 'issuer: http://access.example.com', 'issuer'],
    [
      'redirectUris: [https://bi.acme.example/callback]',
      'redirectUris: [http://bi.acme.example/callback]',
      'clients.acme-bi.redirectUris[0]',
    ],
  ])(verifies('oauth21-1.5-https', 'is refused where %s is in clear text'), (given, inClearText, path) => {
    expect(example).toContain(given);
    const found = problems(example.replace(given, inClearText));
    expect(found.map((problem) => problem.path)).toEqual([path]);
  });

  it('takes every optional key', () => {
    const config = loaded(`
issuer: http://localhost:8400
masterKey: env:MASTER_KEY
store: env:STORE_URL
listen: { http: "[::1]:0" }
databases:
  authdb:
    engine: postgres
    host: 127.0.0.1
    tls: off
    manager: { login: manager, password: file:secrets/manager }
    audit: strict
    auditParameters: true
    shareAcrossPeople: true
    roles:
      writer: { login: w, grants: write, allow: { users: [Ann@Example.com, "local:Bob"] }, maxSession: 90s }
      custom: { login: c, grants: ["GRANT SELECT ON t TO {role}"], allow: { claims: { level: 3, staff: true } } }
      robot: { login: r, grants: read, allow: { clients: [acme-bi] } }
clients:
  robot: { name: Robot, secret: env:ROBOT, grantTypes: [client_credentials], scopes: ["db:authdb:robot"] }
  bi: { name: BI, redirectUris: ["https://bi.example/cb"], postLogoutRedirectUris: ["https://bi.example/out"], scopes: ["db:authdb"] }
tokens: { access: 5m, refresh: 7d, browserSession: 1h, signingKey: 30d, signingKeyNotice: 1h }
audit: { keep: 400d }
limits: { address: 600/10s, client: off }
registration: { enabled: true }
admins: { groups: [ops] }
`);
    expect(config).toMatchObject({
      store: { kind: 'postgres', url: 'env:STORE_URL' },
      listen: { http: { host: '::1', port: 0 } },
      advertise: {},
      tokens: {
        accessMs: 300_000,
        refreshMs: 604_800_000,
        browserSessionMs: 3_600_000,
        signingKeyMs: 2_592_000_000,
        signingKeyNoticeMs: 3_600_000,
      },
      clients: [{ id: 'robot' }, { id: 'bi', postLogoutRedirectUris: ['https://bi.example/out'] }],
      auditKeptMs: 34_560_000_000,
      limits: {
        address: { requests: 600, windowMs: 10_000 },
        person: { requests: 6000, windowMs: 60_000 },
      },
      registration: { enabled: true },
      admins: { kind: 'groups', anyOf: ['ops'] },
    });
    expect(config.databases.get('authdb')).toMatchObject({
      port: 5432,
      manager: { login: 'manager', password: 'file:/etc/grantway/secrets/manager' },
      audit: 'strict',
      auditParameters: true,
      shareAcrossPeople: true,
      roles: [
        {
          grants: { kind: 'template', template: 'write' },
          allow: { kind: 'users', anyOf: ['ann@example.com', 'local:bob'] },
          maxSessionMs: 90_000,
        },
        {
          grants: { kind: 'statements', statements: ['GRANT SELECT ON t TO {role}'] },
          allow: { kind: 'claims', equal: { level: 3, staff: true } },
        },
        { allow: { kind: 'clients', anyOf: ['acme-bi'] } },
      ],
    });
  });

  it('cannot be changed, in no depth', () => {
    const config = loaded(example);
    const open: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) open.push(path);
      const entries = value instanceof Map ? [...value] : Object.entries(value);
      for (const [key, inner] of entries) visit(inner, `${path}.${String(key)}`);
    };
    visit(config, 'config');
    expect(open).toEqual([]);
    expect(() => (config.databases as Map<string, unknown>).set('x', {})).toThrow(TypeError);
    expect(() => (config.databases as Map<string, unknown>).clear()).toThrow(TypeError);
  });
});

describe('the report', () => {
  it('holds the mistakes of all parts of the file at once, in its order', () => {
    const text = soundFile
      .replace('issuer: https', 'issuer: ftp')
      .replace('tls: verify-full', 'tls: off')
      .replace('allow: everyone', 'alow: everyone')
      .replace('"db:authdb:readonly"', '"db:nowhere"');
    expect(problems(text).map(({ path }) => path)).toEqual([
      'issuer',
      'databases.authdb.tls',
      'databases.authdb.roles.readonly.alow',
      'clients.acme-bi.scopes[0]',
    ]);
  });

  it('reads as place, key, what is wrong and what to do', () => {
    const text = soundFile.replace('access: 15m', 'access: soon').replace('host: db.internal', 'host: a b');
    expect(formatProblems(problems(text), 'grantway.yaml')).toBe(`grantway.yaml:10:5  databases.authdb.host
  This is not a host name.
  Write the name or address alone; the port has a key of its own.

grantway.yaml:22:11  tokens.access
  This is not a duration.
  Write a whole number and one of s, m, h, d, for example 15m.

2 mistakes in the configuration.
`);
  });

  const literal = 'hunter2-Sup3rS3cret';
  it.each([
    ['master key', 'masterKey: file:./master.key', `masterKey: ${literal}`],
    ['manager password', 'password: env:MANAGER', `password: ${literal}`],
    ['role password', 'password: env:GW_ADMIN', `password: ${literal}`],
    ['client secret', 'secret: env:ACME', `secret: ${literal}`],
    ['password hash', `passwordHash: "${hash}"`, `passwordHash: ${literal}`],
    ['password in a store address', 'dataDir: ./state', `store: postgres://u:${literal}@h/d`],
    ['password as a section', 'password: env:GW_ADMIN', `password: { is: ${literal} }`],
    ['password that breaks the YAML', 'password: env:GW_ADMIN', `password: "${literal}`],
    ['password behind an unknown tag', 'password: env:GW_ADMIN', `password: !secret ${literal}`],
  ])('never shows a %s that stands in clear', (_, from, to) => {
    const found = problems(soundFile.replace(from, () => to));
    expect(found).not.toEqual([]);
    expect(formatProblems(found, file)).not.toContain(literal);
    expect(JSON.stringify(found)).not.toContain(literal);
  });

  it('comes for any text, and never as an exception', () => {
    const pieces = fc.constantFrom(
      ...soundFile.split(/(?<=[ \n:,])/),
      '{',
      '}',
      '[',
      '- ',
      '&a ',
      '*a',
      '!!x ',
      'null',
      '"',
      '\t',
      '? ',
      '<<: ',
      '__proto__: ',
      '0x1f',
      '|\n',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), fc.nat(soundFile.length), (noise, at) => {
        const text = soundFile.slice(0, at) + noise.join('') + soundFile.slice(at);
        for (const problem of problems(text)) {
          expect(problem.line).toBeGreaterThan(0);
          expect(problem.column).toBeGreaterThan(0);
          expect(problem.message).not.toBe('');
          expect(problem.fix).not.toBe('');
        }
      }),
      { verbose: 1 },
    );
  });
});

describe('a file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'grantway-config-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is read from disk, and paths start from its folder', async () => {
    const path = join(folder, 'grantway.yaml');
    await writeFile(path, soundFile);
    const result = await loadConfig(path, { env: {} });
    expect(result).toMatchObject({
      outcome: 'loaded',
      config: { file: path, dataDir: join(folder, 'state') },
    });
  });

  it('may begin with the mark that some editors put there, which is no column', async () => {
    const path = join(folder, 'grantway.yaml');
    await writeFile(path, `\uFEFFflavour: vanilla\n${soundFile}`);
    expect(await loadConfig(path, { env: {} })).toMatchObject({ problems: [{ line: 1, column: 1 }] });
  });

  it('in another encoding is told as a problem', async () => {
    const path = join(folder, 'grantway.yaml');
    await writeFile(path, `\uFEFF${soundFile}`, 'utf16le');
    expect(await loadConfig(path, { env: {} })).toMatchObject({
      problems: [{ message: 'The file is not written in UTF-8.', fix: 'Save it as UTF-8.' }],
    });
  });

  it('that is not there is told as a problem', async () => {
    expect(await loadConfig(join(folder, 'none.yaml'), { env: {} })).toMatchObject({
      problems: [
        {
          path: '',
          message: `The config file ${join(folder, 'none.yaml')} cannot be read: no such file or directory.`,
        },
      ],
    });
  });

  it('that is a folder is told as a problem', async () => {
    expect(await loadConfig(folder, { env: {} })).toMatchObject({
      problems: [{ message: `The config file ${folder} cannot be read: illegal operation on a directory.` }],
    });
  });

  it('that is too large is not read to its end', async () => {
    expect(await loadConfig('/dev/zero', { env: {} })).toMatchObject({
      problems: [{ message: 'The file is larger than 1 MiB.' }],
    });
  });
});
