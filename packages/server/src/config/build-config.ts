import { join } from 'node:path';
import { buildDatabase } from './build-database.ts';
import { buildRule } from './build-rule.ts';
import { buildSignIn } from './build-sign-in.ts';
import type {
  ClientCertificateConfig,
  Config,
  ConfiguredClient,
  ProvisioningConfig,
  StoreLocation,
  WorkloadConfig,
} from './config.ts';
import { deepFreeze } from './deep-freeze.ts';
import { type References, referencesFrom } from './references.ts';
import type { ConfigFile } from './schema.ts';

/** Makes the {@link Config} of a file that has no mistakes: defaults filled in, paths absolute, deeply frozen. */
export function buildConfig(entry: ConfigFile, file: string): Config {
  const from = referencesFrom(file);
  const dataDir = from.path(entry.dataDir);
  return deepFreeze({
    file,
    issuer: entry.issuer,
    dataDir,
    store: buildStore(entry.store, dataDir, from),
    masterKey: from.secret(entry.masterKey),
    listen: defined(entry.listen),
    advertise: defined(entry.advertise),
    ...(entry.trustedProxies && { trustedProxies: entry.trustedProxies }),
    ...(entry.tls === undefined
      ? {}
      : {
          tls: { certificate: from.path(entry.tls.certificate), privateKey: from.path(entry.tls.privateKey) },
        }),
    signIn: Object.entries(entry.signIn).map(([name, method]) => buildSignIn(name, method, from)),
    workloads: Object.entries(entry.workloads).map(
      ([name, { issuer, keys, audience, claims, groups }]): WorkloadConfig => ({
        name,
        issuer,
        ...(keys === undefined ? {} : { keys: from.path(keys) }),
        audience: audience ?? entry.issuer,
        claims,
        groups,
      }),
    ),
    scim: Object.entries(entry.scim).map(
      ([method, one]): ProvisioningConfig => ({
        method,
        secret: from.secret(one.secret),
        subject: one.subject,
        groupsInstead: one.groups === 'instead',
      }),
    ),
    databases: new Map(
      Object.entries(entry.databases).map(([name, database]) => [name, buildDatabase(name, database, from)]),
    ),
    clients: Object.entries(entry.clients).map(
      ([id, client]): ConfiguredClient => ({
        id,
        name: client.name,
        redirectUris: client.redirectUris,
        ...(client.postLogoutRedirectUris.length > 0 && {
          postLogoutRedirectUris: client.postLogoutRedirectUris,
        }),
        scopes: client.scopes,
        grantTypes: client.grantTypes,
        ...(client.secret === undefined ? {} : { secret: from.secret(client.secret) }),
        ...(client.certificate === undefined
          ? {}
          : { certificate: buildClientCertificate(client.certificate, from) }),
        ...((client.bindTokens ?? client.certificate !== undefined) ? { bindTokens: true as const } : {}),
      }),
    ),
    users: Object.entries(entry.users).map(([username, user]) => ({ username, ...user })),
    tokens: {
      accessMs: entry.tokens.access,
      refreshMs: entry.tokens.refresh,
      browserSessionMs: entry.tokens.browserSession,
      signingKeyMs: entry.tokens.signingKey,
      signingKeyNoticeMs: entry.tokens.signingKeyNotice,
    },
    ...(entry.audit.keep === undefined ? {} : { auditKeptMs: entry.audit.keep }),
    limits: defined(entry.limits),
    registration: buildRegistration(entry.registration),
    ...(entry.admins === undefined ? {} : { admins: buildRule(entry.admins) }),
  });
}

/** The checks have seen that there is exactly one of them. */
function buildClientCertificate(
  { file, dns, email, uri = '' }: NonNullable<ConfigFile['clients'][string]['certificate']>,
  from: References,
): ClientCertificateConfig {
  if (file !== undefined) return { by: 'file', file: from.path(file) };
  if (dns !== undefined) return { by: 'dns', value: dns };
  return email === undefined ? { by: 'uri', value: uri } : { by: 'email', value: email };
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

function buildStore(store: StoreLocation | undefined, dataDir: string, from: References): StoreLocation {
  if (store === undefined) return { kind: 'sqlite', path: join(dataDir, 'grantway.db') };
  return store.kind === 'sqlite'
    ? { kind: 'sqlite', path: from.path(store.path) }
    : { kind: 'postgres', url: from.secret(store.url) };
}

function defined<Value>(
  entries: Readonly<Record<string, Value | undefined>>,
): Readonly<Record<string, Value>> {
  const isGiven = (entry: [string, Value | undefined]): entry is [string, Value] => entry[1] !== undefined;
  return Object.fromEntries(Object.entries(entries).filter(isGiven));
}
