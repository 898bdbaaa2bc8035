/** The database protocols that Grantway can speak. Each is a folder under `engines/`. */
export type EngineName = 'postgres' | 'mysql' | 'redis' | 'redshift';

/**
 * How the connection to the upstream is protected. `verify-full` checks chain and host name, `verify-ca` the chain,
 * `require` encrypts without checking, `off` is allowed to loopback only.
 */
export type UpstreamTls = 'verify-full' | 'verify-ca' | 'require' | 'off';

/** When a statement's record must be durable: within 100 ms, or before the statement is forwarded. */
export type AuditMode = 'standard' | 'strict';

/** Who a role is for. Each variant matches typed claims; there is no expression language. */
export type AllowRule =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'groups'; readonly anyOf: readonly string[] }
  | { readonly kind: 'users'; readonly anyOf: readonly string[] }
  | { readonly kind: 'clients'; readonly anyOf: readonly string[] }
  | { readonly kind: 'claims'; readonly equal: Readonly<Record<string, string | number | boolean>> };

/** What a managed role may do: a template, or the operator's own statements. */
export type ManagedGrants =
  | { readonly kind: 'template'; readonly template: 'read' | 'write' | 'admin' }
  | { readonly kind: 'statements'; readonly statements: readonly string[] };

/**
 * How upstream connections are kept. `multiplexed` lets sessions of one person and role share a connection at the same
 * time. `size` is the most that one database may have open at once.
 */
export interface PoolSettings {
  readonly mode: 'session' | 'transaction' | 'multiplexed';
  readonly size: number;
}

/** How logins of an Amazon Redshift warehouse are had from AWS, instead of a password that somebody keeps. */
export interface AwsAccess {
  readonly region: string;
  readonly warehouse:
    | { readonly kind: 'cluster'; readonly identifier: string }
    | { readonly kind: 'workgroup'; readonly name: string };
  /**
   * Who a session is in the database: the role's login, the person, or whoever the database takes the AWS identity
   * for. A workgroup knows the last only.
   */
  readonly loginAs: 'role' | 'person' | 'iam';
  /** Whether AWS makes the user in the database when it is missing. */
  readonly autoCreate: boolean;
  /** How long a login can be used to connect. Sessions outlive it. */
  readonly durationMs: number;
  /** Base URL of the AWS calls, instead of AWS's own for the region. */
  readonly endpoint?: string;
}

/**
 * How the token of a person's own identity provider logs them in, where the database trusts that provider: the session
 * is the person's own user there, with the rights that the database gives to the groups in the token.
 */
export interface IdentityTokenAccess {
  /** The OpenID sign-in method whose provider is asked; people of any other have no token. */
  readonly signIn: string;
  readonly token: 'access' | 'id';
  /** For whom the token must be meant. One for anybody else is never sent. */
  readonly audience: string;
  /** What the provider is asked for; absent: what the sign-in got. */
  readonly scopes?: readonly string[];
  /** What the database calls this kind of provider. */
  readonly idpType: 'AzureAD' | 'Okta' | 'AwsIdc';
  /** Which of several providers of that kind it is, in the database's words. */
  readonly providerName?: string;
  readonly namespace?: string;
}

/** How the passwords of a Redis or Valkey that a cloud runs are had from that cloud. */
export type CloudAccess =
  | {
      readonly kind: 'elasticache' | 'memorydb';
      readonly region: string;
      /** Of the replication group, the serverless cache, or the MemoryDB cluster; small letters. */
      readonly name: string;
      readonly serverless: boolean;
    }
  | { readonly kind: 'memorystore' | 'azure' };

/** The Redis Sentinels that know which server is the primary at the moment. */
export interface SentinelAccess {
  /** The name under which they watch it. */
  readonly primary: string;
  /** Who asks them, where they want a password: `default` where no login is named. The password is a secret reference. */
  readonly account?: { readonly login?: string; readonly password: string };
  /** In the order to ask them. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
}

/** What a sign-in must have proved for a role, beyond who the person is. */
export interface RoleDemand {
  /** A second factor, or a passkey alone. */
  readonly factor: boolean;
  /** How old the sign-in may be when a connection begins, in milliseconds; absent: as old as the token allows. */
  readonly signInWithinMs?: number;
}

/** A named level of access on one database, bound to a login that really exists there. */
export interface Role {
  readonly name: string;
  /** The upstream login. The session's `session_user` is exactly this. */
  readonly login: string;
  /** A secret reference (`env:…`, `file:…`); absent for a managed role, whose secret is sealed in the store. */
  readonly password?: string;
  /** Present exactly when the role is managed. */
  readonly grants?: ManagedGrants;
  /** Groups of the database that a temporary login joins for its session. */
  readonly dbGroups?: readonly string[];
  /** ARN of the AWS role that is assumed to get the login; absent: Grantway's own AWS identity asks for it. */
  readonly awsRole?: string;
  /** True where a session is the person's own user of the database, and `login` names nobody. */
  readonly asPerson?: boolean;
  readonly allow: AllowRule;
  /** Absent: any sign-in is enough. */
  readonly require?: RoleDemand;
  /** The longest that one session of this role may live, in milliseconds. */
  readonly maxSessionMs: number;
}

/** One configured upstream. Frozen; a reload makes new ones. */
export interface Database {
  /** The config key, which is also what scopes and resources name. */
  readonly name: string;
  readonly engine: EngineName;
  /** Empty for a database that takes single statements over its vendor's HTTP interface, and no connections. */
  readonly host: string;
  readonly port: number;
  /** Present when `host` and `port` are those of the first Sentinel, and the server is where they say. */
  readonly sentinels?: SentinelAccess;
  /** Present when `host` and `port` are those of the first of these nodes of a cluster, asked in this order. */
  readonly cluster?: readonly { readonly host: string; readonly port: number }[];
  /** The name of the database on the upstream server. */
  readonly upstreamName: string;
  readonly tls: UpstreamTls;
  /** PEM file with the certificate authorities to trust instead of those of Node.js, absolute path. */
  readonly tlsCa?: string;
  /** PEM files with the certificate chain that Grantway shows to the server, and with its key; absolute paths. */
  readonly tlsClient?: { readonly certificate: string; readonly privateKey: string };
  /** The account that makes and rotates managed roles. Never used for a person's session. */
  readonly manager?: { readonly login: string; readonly password: string };
  /** Where a role without password and grants gets its login from. */
  readonly aws?: AwsAccess;
  /** The same for a Redis or Valkey. */
  readonly cloud?: CloudAccess;
  /** The same, with a token that the person's identity provider issues. */
  readonly identityToken?: IdentityTokenAccess;
  readonly pool: PoolSettings;
  /** True when people who share a role may also share a pooled connection. Off by default. */
  readonly shareAcrossPeople: boolean;
  readonly audit: AuditMode;
  /** Whether parameter values of prepared statements are recorded. */
  readonly auditParameters: boolean;
  /**
   * In capitals: commands that the engine refuses by itself, and that roles of this database may run as far as the
   * server lets them. Absent on an engine without such a list.
   */
  readonly allowCommands?: readonly string[];
  /** Whether clients may send files of theirs by LOAD DATA LOCAL INFILE. Absent: no, and on an engine without it. */
  readonly allowLocalInfile?: boolean;
  /** In the order of the config file: the first that a principal qualifies for is the default. */
  readonly roles: readonly Role[];
}

/** Whether this role's logins are issued by somebody else: it has no password, and Grantway makes none for it. */
export function takesIssuedLogin({
  database,
  role,
}: {
  readonly database: Database;
  readonly role: Role;
}): boolean {
  const { aws, cloud, identityToken } = database;
  const issued = aws !== undefined || cloud !== undefined || identityToken !== undefined;
  return issued && role.password === undefined && role.grants === undefined;
}
