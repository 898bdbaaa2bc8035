import { dirname, join, resolve } from 'node:path';
import type { AllowRule, AwsAccess, CloudAccess, Database, EngineName, Role } from '../core/index.ts';
import type { AwsEntry } from './aws-schema.ts';
import type { CloudEntry } from './cloud-schema.ts';
import type {
  ClientCertificateConfig,
  Config,
  ConfiguredClient,
  ListenAddress,
  ProvisioningConfig,
  SignInConfig,
  StoreLocation,
  WorkloadConfig,
} from './config.ts';
import { foldUsername } from './fold-username.ts';
import type { ConfigFile } from './schema.ts';
import type { SignInEntry } from './sign-in-schema.ts';
import { numberedEngines } from './supported.ts';

const defaultPorts: Readonly<Record<EngineName, number>> = {
  postgres: 5432,
  mysql: 3306,
  redis: 6379,
  redshift: 5439,
};

type DatabaseEntry = ConfigFile['databases'][string];

/** Makes the {@link Config} of a file that has no mistakes: defaults filled in, paths absolute, deeply frozen. */
export function buildConfig(entry: ConfigFile, file: string): Config {
  const path = (written: string) => resolve(dirname(file), written);
  const secret = (reference: string) =>
    reference.startsWith('file:') ? `file:${path(reference.slice('file:'.length))}` : reference;
  const dataDir = path(entry.dataDir);
  return deepFreeze({
    file,
    issuer: entry.issuer,
    dataDir,
    store: buildStore(entry.store, dataDir, path, secret),
    masterKey: secret(entry.masterKey),
    listen: defined(entry.listen) as Readonly<Record<string, ListenAddress>>,
    ...(entry.tls === undefined
      ? {}
      : { tls: { certificate: path(entry.tls.certificate), privateKey: path(entry.tls.privateKey) } }),
    signIn: Object.entries(entry.signIn).map(([name, method]) => buildSignIn(name, method, path, secret)),
    workloads: Object.entries(entry.workloads).map(
      ([name, { issuer, keys, audience, claims, groups }]): WorkloadConfig => ({
        name,
        issuer,
        ...(keys === undefined ? {} : { keys: path(keys) }),
        audience: audience ?? entry.issuer,
        claims,
        groups,
      }),
    ),
    scim: Object.entries(entry.scim).map(
      ([method, one]): ProvisioningConfig => ({
        method,
        secret: secret(one.secret),
        subject: one.subject,
        groupsInstead: one.groups === 'instead',
      }),
    ),
    databases: new Map(
      Object.entries(entry.databases).map(([name, database]) => [
        name,
        buildDatabase(name, database, path, secret),
      ]),
    ),
    clients: Object.entries(entry.clients).map(
      ([id, client]): ConfiguredClient => ({
        id,
        name: client.name,
        redirectUris: client.redirectUris,
        scopes: client.scopes,
        grantTypes: client.grantTypes,
        ...(client.secret === undefined ? {} : { secret: secret(client.secret) }),
        ...(client.certificate === undefined
          ? {}
          : { certificate: buildClientCertificate(client.certificate, path) }),
        ...((client.bindTokens ?? client.certificate !== undefined) ? { bindTokens: true as const } : {}),
      }),
    ),
    users: Object.entries(entry.users).map(([username, user]) => ({ username, ...user })),
    tokens: {
      accessMs: entry.tokens.access,
      refreshMs: entry.tokens.refresh,
      browserSessionMs: entry.tokens.browserSession,
    },
    limits: defined(entry.limits),
    registration: buildRegistration(entry.registration),
    ...(entry.admins === undefined ? {} : { admins: buildRule(entry.admins) }),
  });
}

/** The checks have seen that there is exactly one of them. */
function buildClientCertificate(
  { file, dns, email, uri = '' }: NonNullable<ConfigFile['clients'][string]['certificate']>,
  path: (written: string) => string,
): ClientCertificateConfig {
  if (file !== undefined) return { by: 'file', file: path(file) };
  if (dns !== undefined) return { by: 'dns', value: dns };
  return email === undefined ? { by: 'uri', value: uri } : { by: 'email', value: email };
}

function buildSignIn(
  name: string,
  entry: SignInEntry,
  path: (written: string) => string,
  secret: (reference: string) => string,
): SignInConfig {
  switch (entry.kind) {
    case 'oidc':
      return buildOidc(name, entry, secret);
    case 'saml':
      return buildSaml(name, entry, path, secret);
    case 'ldap':
      return buildLdap(name, entry, path, secret);
    case 'certificate': {
      const { authorities, crl, subject, nameField, groupsField, claims } = entry;
      return {
        kind: 'certificate',
        name,
        authorities: path(authorities),
        ...(crl === undefined ? {} : { crl: path(crl) }),
        subject,
        displayName: nameField,
        ...(groupsField === undefined ? {} : { groups: groupsField }),
        claims,
      };
    }
    default:
      return { kind: 'local', name };
  }
}

function buildOidc(
  name: string,
  entry: Extract<SignInEntry, { kind: 'oidc' }>,
  secret: (reference: string) => string,
): SignInConfig {
  const { label, issuer, clientId, clientSecret, scopes, groupsClaim, nameClaim, claims, signInEvery } =
    entry;
  const { directTokens } = entry;
  return {
    kind: 'oidc',
    name,
    label: label ?? name,
    issuer,
    clientId,
    ...(clientSecret === undefined ? {} : { clientSecret: secret(clientSecret) }),
    ...(scopes === undefined ? {} : { scopes }),
    claims: {
      groups: groupsClaim,
      ...(nameClaim === undefined ? {} : { displayName: nameClaim }),
      others: claims,
    },
    ...(directTokens === false
      ? {}
      : { directAudiences: directTokens === true ? [clientId] : directTokens.audiences }),
    signInEveryMs: signInEvery,
    rereadEveryMs: entry.rereadEvery,
  };
}

function buildSaml(
  name: string,
  entry: Extract<SignInEntry, { kind: 'saml' }>,
  path: (written: string) => string,
  secret: (reference: string) => string,
): SignInConfig {
  const { label, certificates, keyPair, subject, signOutUrl, nameAttribute, signInEvery, ...rest } = entry;
  return {
    ...rest,
    name,
    label: label ?? name,
    ...(signOutUrl === undefined ? {} : { signOutUrl }),
    certificates: certificates.map(path),
    ...(keyPair === undefined
      ? {}
      : {
          keyPair: { certificate: path(keyPair.certificate), privateKey: secret(keyPair.privateKey) },
        }),
    subject: subject === 'nameId' ? { from: 'nameId' } : { from: 'attribute', name: subject.attribute },
    ...(nameAttribute === undefined ? {} : { nameAttribute }),
    signInEveryMs: signInEvery,
  };
}

/** The checks have seen that AWS has a region and a name. */
function buildCloud({ kind, region = '', name = '', serverless }: CloudEntry): CloudAccess {
  return kind === 'elasticache' || kind === 'memorydb' ? { kind, region, name, serverless } : { kind };
}

/** The checks have seen that there is exactly one way to find people. */
function buildLdap(
  name: string,
  entry: Extract<SignInEntry, { kind: 'ldap' }>,
  path: (written: string) => string,
  secret: (reference: string) => string,
): SignInConfig {
  const { label, url, tlsCa, userDn, search, groups, idAttribute, nameAttribute, claims, signInEvery } =
    entry;
  return {
    kind: 'ldap',
    name,
    label: label ?? name,
    url,
    ...(tlsCa === undefined ? {} : { tlsCa: path(tlsCa) }),
    find:
      search === undefined
        ? { by: 'dn', template: userDn ?? '' }
        : { by: 'search', ...search, password: secret(search.password) },
    ...(groups === undefined
      ? {}
      : {
          groups: {
            base: groups.base,
            ...(groups.filter === undefined ? {} : { filter: groups.filter }),
            nested: groups.nested,
          },
        }),
    idAttribute,
    nameAttribute,
    claims,
    signInEveryMs: signInEvery,
    directPasswords: entry.directPasswords,
  };
}

function buildRegistration({
  people,
  approvedBy,
  redirectHosts,
  metadataDocuments,
  ...others
}: ConfigFile['registration']): Config['registration'] {
  return {
    ...others,
    ...(people === undefined ? {} : { people: buildRule(people) }),
    ...(approvedBy === undefined ? {} : { approvedBy: buildRule(approvedBy) }),
    ...(metadataDocuments === undefined ? {} : { metadataDocuments }),
    ...(redirectHosts === undefined ? {} : { redirectHosts }),
  };
}

function buildStore(
  store: StoreLocation | undefined,
  dataDir: string,
  path: (written: string) => string,
  secret: (reference: string) => string,
): StoreLocation {
  if (store === undefined) return { kind: 'sqlite', path: join(dataDir, 'grantway.db') };
  return store.kind === 'sqlite'
    ? { kind: 'sqlite', path: path(store.path) }
    : { kind: 'postgres', url: secret(store.url) };
}

function buildDatabase(
  name: string,
  entry: DatabaseEntry,
  path: (written: string) => string,
  secret: (reference: string) => string,
): Database {
  const first = entry.sentinels?.[0] ?? entry.cluster?.[0];
  return {
    name,
    engine: entry.engine,
    host: first?.host ?? entry.host ?? '',
    port: first?.port ?? entry.port ?? defaultPorts[entry.engine],
    ...(entry.sentinels === undefined || entry.primary === undefined
      ? {}
      : { sentinels: { primary: entry.primary, addresses: entry.sentinels } }),
    ...(entry.cluster === undefined ? {} : { cluster: entry.cluster }),
    upstreamName: String(entry.database ?? (numberedEngines.includes(entry.engine) ? 0 : name)),
    tls: entry.tls,
    ...(entry.tlsCa === undefined ? {} : { tlsCa: path(entry.tlsCa) }),
    ...(entry.tlsCert === undefined || entry.tlsKey === undefined
      ? {}
      : { tlsClient: { certificate: path(entry.tlsCert), privateKey: path(entry.tlsKey) } }),
    ...(entry.manager === undefined
      ? {}
      : { manager: { login: entry.manager.login, password: secret(entry.manager.password) } }),
    ...(entry.aws === undefined ? {} : { aws: buildAws(entry.aws) }),
    ...(entry.cloud === undefined ? {} : { cloud: buildCloud(entry.cloud) }),
    pool: entry.pool,
    shareAcrossPeople: entry.shareAcrossPeople,
    audit: entry.audit,
    auditParameters: entry.auditParameters,
    ...(entry.allowCommands === undefined
      ? {}
      : { allowCommands: entry.allowCommands.map((command) => command.toUpperCase()) }),
    ...(entry.allowLocalInfile ? { allowLocalInfile: true } : {}),
    roles: Object.entries(entry.roles).map(
      ([role, { login, password, grants, dbGroups, awsRole, allow, require, maxSession }]): Role => ({
        name: role,
        login,
        ...(password === undefined ? {} : { password: secret(password) }),
        ...(grants === undefined ? {} : { grants }),
        ...(dbGroups === undefined ? {} : { dbGroups }),
        ...(awsRole === undefined ? {} : { awsRole }),
        allow: buildRule(allow),
        ...(require === undefined
          ? {}
          : {
              require: {
                factor: require.factor,
                ...(require.signInWithin === undefined ? {} : { signInWithinMs: require.signInWithin }),
              },
            }),
        maxSessionMs: maxSession,
      }),
    ),
  };
}

/** The checks have seen that there is exactly one of the two warehouses. */
function buildAws({
  region,
  cluster,
  workgroup,
  loginAs,
  autoCreate,
  duration,
  endpoint,
}: AwsEntry): AwsAccess {
  return {
    region,
    warehouse:
      workgroup === undefined
        ? { kind: 'cluster', identifier: cluster ?? '' }
        : { kind: 'workgroup', name: workgroup },
    loginAs: loginAs ?? (workgroup === undefined ? 'role' : 'iam'),
    autoCreate,
    durationMs: duration,
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

/** Local people are known by their user name as sign-in folds it; the policy compares exactly, so a rule is folded here. */
function buildRule(rule: AllowRule): AllowRule {
  if (rule.kind !== 'users') return rule;
  return {
    kind: 'users',
    anyOf: rule.anyOf.map((entry) => (/^(local:|[^:]*$)/.test(entry) ? foldUsername(entry) : entry)),
  };
}

function defined(entries: object): object {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map) {
    for (const entry of value.values()) deepFreeze(entry);
    // Freezing a map leaves its entries open, so the three ways to change them are closed by hand.
    const closed = () => {
      throw new TypeError('the configuration does not change; a reload makes a new one');
    };
    for (const way of ['set', 'delete', 'clear']) Object.defineProperty(value, way, { value: closed });
  }
  Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
