import type {
  AwsAccess,
  CloudAccess,
  Database,
  EngineName,
  IdentityTokenAccess,
  Role,
  SentinelAccess,
} from '../core/index.ts';
import type { AwsEntry } from './aws-schema.ts';
import { buildRule } from './build-rule.ts';
import type { CloudEntry } from './cloud-schema.ts';
import type { IdentityTokenEntry } from './identity-token-schema.ts';
import type { References } from './references.ts';
import type { ConfigFile } from './schema.ts';
import { numberedEngines } from './supported.ts';

const defaultPorts: Readonly<Record<EngineName, number>> = {
  postgres: 5432,
  mysql: 3306,
  redis: 6379,
  redshift: 5439,
};

/** One database with its roles, as the file names it. */
export function buildDatabase(
  name: string,
  entry: ConfigFile['databases'][string],
  from: References,
): Database {
  const first = entry.sentinels?.[0] ?? entry.cluster?.[0];
  const asPerson = entry.identityToken !== undefined || entry.aws?.loginAs === 'person';
  return {
    name,
    engine: entry.engine,
    host: first?.host ?? entry.host ?? '',
    port: first?.port ?? entry.port ?? defaultPorts[entry.engine],
    ...(entry.sentinels === undefined || entry.primary === undefined
      ? {}
      : {
          sentinels: {
            primary: entry.primary,
            addresses: entry.sentinels,
            ...(entry.sentinelAccount === undefined
              ? {}
              : { account: buildSentinelAccount(entry.sentinelAccount, from) }),
          },
        }),
    ...(entry.cluster === undefined ? {} : { cluster: entry.cluster }),
    upstreamName: String(entry.database ?? (numberedEngines.includes(entry.engine) ? 0 : name)),
    tls: entry.tls,
    ...(entry.tlsCa === undefined ? {} : { tlsCa: from.path(entry.tlsCa) }),
    ...(entry.tlsCert === undefined || entry.tlsKey === undefined
      ? {}
      : { tlsClient: { certificate: from.path(entry.tlsCert), privateKey: from.path(entry.tlsKey) } }),
    ...(entry.manager === undefined
      ? {}
      : { manager: { login: entry.manager.login, password: from.secret(entry.manager.password) } }),
    ...(entry.aws === undefined ? {} : { aws: buildAws(entry.aws) }),
    ...(entry.cloud === undefined ? {} : { cloud: buildCloud(entry.cloud) }),
    ...(entry.identityToken === undefined ? {} : { identityToken: buildIdentityToken(entry.identityToken) }),
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
        ...(password === undefined ? {} : { password: from.secret(password) }),
        ...(grants === undefined ? {} : { grants }),
        ...(dbGroups === undefined ? {} : { dbGroups }),
        ...(awsRole === undefined ? {} : { awsRole }),
        ...(asPerson && password === undefined && grants === undefined ? { asPerson } : {}),
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

function buildSentinelAccount(
  { login, password }: NonNullable<ConfigFile['databases'][string]['sentinelAccount']>,
  from: References,
): NonNullable<SentinelAccess['account']> {
  return { ...(login === undefined ? {} : { login }), password: from.secret(password) };
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

/** The checks have seen that AWS has a region and a name. */
function buildCloud({ kind, region = '', name = '', serverless }: CloudEntry): CloudAccess {
  return kind === 'elasticache' || kind === 'memorydb' ? { kind, region, name, serverless } : { kind };
}

function buildIdentityToken({
  scopes,
  providerName,
  namespace,
  ...others
}: IdentityTokenEntry): IdentityTokenAccess {
  return {
    ...others,
    ...(scopes === undefined ? {} : { scopes }),
    ...(providerName === undefined ? {} : { providerName }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}
