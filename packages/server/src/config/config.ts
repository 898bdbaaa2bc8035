import type { AllowRule, CertificateField, Database, EngineName } from '../core/index.ts';

/** The whole configuration after parsing: typed, frozen, every default filled in, every path absolute. */
export interface Config {
  /** Absolute path of the file, for messages and reloads. */
  readonly file: string;
  /** Public origin, without a trailing slash. */
  readonly issuer: string;
  /** Absolute path; made with mode 0700 when it is missing. */
  readonly dataDir: string;
  readonly store: StoreLocation;
  /** Secret reference; 32 bytes in base64. */
  readonly masterKey: string;
  /** Doors that are open; a door left out of the file is closed. */
  readonly listen: Readonly<Partial<Record<DoorName, ListenAddress>>>;
  /** Where clients are told to connect instead of at the issuer's host and the door's port. */
  readonly advertise: Readonly<Partial<Record<EngineName, ListenAddress>>>;
  /** Addresses and networks of the proxies whose X-Forwarded-For is believed at the HTTP door; absent: nobody's is. */
  readonly trustedProxies?: readonly string[];
  /** Absolute paths; absent: one is made in {@link Config.dataDir}. */
  readonly tls?: { readonly certificate: string; readonly privateKey: string };
  readonly signIn: readonly SignInConfig[];
  readonly workloads: readonly WorkloadConfig[];
  readonly scim: readonly ProvisioningConfig[];
  readonly databases: ReadonlyMap<string, Database>;
  readonly clients: readonly ConfiguredClient[];
  readonly users: readonly ConfiguredUser[];
  readonly tokens: TokenLifetimes;
  /** How long records of the audit log are kept; absent: for ever. */
  readonly auditKeptMs?: number;
  /** How often one party may ask over HTTP; absent: as often as it likes. */
  readonly limits: { readonly [Party in 'address' | 'client' | 'person']?: Rate };
  /** Clients that register themselves; `enabled` is RFC 7591 over `/oauth/register`. */
  readonly registration: {
    readonly enabled: boolean;
    /** Who may register applications on the page for developers; absent: nobody. */
    readonly people?: AllowRule;
    /** Who approves what registered itself, before which it works in test mode alone; absent: it need not be. */
    readonly approvedBy?: AllowRule;
    /** Whether a client id may be the address of a document about the client; absent: no. */
    readonly metadataDocuments?: boolean;
    /** Where clients that register themselves may lead to, beside this machine; absent: anywhere. */
    readonly redirectHosts?: readonly string[];
  };
  /** Who may call the administrative API; absent: nobody. */
  readonly admins?: AllowRule;
}

/** The doors that `listen` can open. */
export type DoorName = 'http' | 'postgres' | 'mysql' | 'redis' | 'redshift';

/** Where a door listens. */
export interface ListenAddress {
  readonly host: string;
  /** 0 asks the system for a free port. */
  readonly port: number;
}

/** Where the store is. */
export type StoreLocation =
  | { readonly kind: 'sqlite'; readonly path: string }
  /** The connection string as written, or the secret reference that holds it. */
  | { readonly kind: 'postgres'; readonly url: string };

/** One sign-in method. */
export type SignInConfig =
  | { readonly kind: 'local'; readonly name: string }
  | OidcConfig
  | SamlConfig
  | LdapConfig
  | CertificateConfig;

/** An OpenID Connect provider that people sign in at. */
export interface OidcConfig {
  readonly kind: 'oidc';
  readonly name: string;
  /** What the sign-in page calls it. */
  readonly label: string;
  /** Compared exactly with what the provider says of itself. */
  readonly issuer: string;
  readonly clientId: string;
  /** Secret reference; absent: a public client. */
  readonly clientSecret?: string;
  /** Beside `openid`; absent: what the provider offers of the usual ones. */
  readonly scopes?: readonly string[];
  readonly claims: ClaimMapping;
  /** For whom a token of the provider must be meant to be taken at a door; absent: none is taken. */
  readonly directAudiences?: readonly string[];
  /** Absent: nothing that it says counts as a second factor. */
  readonly secondFactor?: FactorWords;
  /** How long the provider's word counts; then nothing is renewed before the next sign-in. */
  readonly signInEveryMs: number;
  /** How long it counts without asking again, where the provider can be asked. */
  readonly rereadEveryMs: number;
}

/** Words of a provider that say that it saw more than one factor; any one of them is enough. */
export interface FactorWords {
  /** Values of `amr` (RFC 8176). */
  readonly methods: readonly string[];
  /** Values of `acr`, or of SAML's AuthnContextClassRef; asked for where a role demands a factor. */
  readonly contexts: readonly string[];
}

/** A program that proves itself with the token that its platform gave it. */
export interface WorkloadConfig {
  /** The subject of its identity, whose method is {@link workloadMethod}. */
  readonly name: string;
  readonly issuer: string;
  /** Absolute path of a JWK set; absent: the issuer's metadata say where it is. */
  readonly keys?: string;
  readonly audience: string;
  /** By the claim's name; `*` stands for any characters. Never empty. */
  readonly claims: Readonly<Record<string, string>>;
  readonly groups: readonly string[];
}

/** Who may provision the people of one sign-in method (SCIM 2.0). */
export interface ProvisioningConfig {
  /** The name of the sign-in method. */
  readonly method: string;
  /** Secret reference: the bearer token of the provisioning client. */
  readonly secret: string;
  /** The attribute that is the subject of a person's identity. */
  readonly subject: 'externalId' | 'userName';
  /** Whether provisioned groups count instead of those of a sign-in. */
  readonly groupsInstead: boolean;
}

/** The sign-in method of workloads in identities; no configured method may have this name. */
export const workloadMethod = 'workload';

/** A SAML 2.0 identity provider that people sign in at. */
export interface SamlConfig {
  readonly kind: 'saml';
  readonly name: string;
  readonly label: string;
  /** What the provider calls itself; every message and assertion must say so. */
  readonly entityId: string;
  /** Where browsers are sent to sign in (HTTP-Redirect binding). */
  readonly signInUrl: string;
  /** Where they are sent to sign out; absent: only ours ends. */
  readonly signOutUrl?: string;
  /** Absolute paths of PEM files: what the provider signs with, now or soon. */
  readonly certificates: readonly string[];
  /** What our messages are signed with and assertions are encrypted to; `privateKey` is a secret reference. */
  readonly keyPair?: { readonly certificate: string; readonly privateKey: string };
  /** True: assertions must come encrypted. */
  readonly encryptedAssertions: boolean;
  /** What a person is called for good: the persistent NameID, or an attribute that never changes. */
  readonly subject: { readonly from: 'nameId' } | { readonly from: 'attribute'; readonly name: string };
  readonly groupsAttribute: string;
  /** Absent: the usual attributes, in order. */
  readonly nameAttribute?: string;
  /** Attributes, by the name that rules compare. */
  readonly claims: Readonly<Record<string, string>>;
  /** Absent: nothing that it says counts as a second factor. */
  readonly secondFactor?: FactorWords;
  /** True: a sign-out at the provider ends live database sessions, too. */
  readonly signOutEndsSessions: boolean;
  readonly signInEveryMs: number;
}

/** A directory whose people sign in with their passwords there. */
export interface LdapConfig {
  readonly kind: 'ldap';
  readonly name: string;
  readonly label: string;
  /** `ldaps://host[:port]`, or `ldap://…` with StartTLS before anything else, except on loopback. */
  readonly url: string;
  /** Absolute path; absent: the system's authorities. */
  readonly tlsCa?: string;
  /** `{username}` in the template, and in the filter, is the escaped user name. */
  readonly find:
    | { readonly by: 'dn'; readonly template: string }
    | {
        readonly by: 'search';
        readonly login: string;
        /** Secret reference. */
        readonly password: string;
        readonly base: string;
        readonly filter: string;
      };
  /** Absent: nobody has groups. Without a filter `memberOf` tells. */
  readonly groups?: { readonly base: string; readonly filter?: string; readonly nested: boolean };
  readonly idAttribute: string;
  readonly nameAttribute: string;
  /** Attributes, by the name that rules compare. */
  readonly claims: Readonly<Record<string, string>>;
  readonly signInEveryMs: number;
  /** Whether a password of the directory is taken at the doors. */
  readonly directPasswords: boolean;
}

/** Authorities whose certificates sign their holders in, at the doors that databases' clients come to. */
export interface CertificateConfig {
  readonly kind: 'certificate';
  readonly name: string;
  /** Absolute path of a PEM file. */
  readonly authorities: string;
  /** Absolute path of a PEM file with a list of each authority; absent: nothing is ever revoked. */
  readonly crl?: string;
  readonly subject: { readonly before: string; readonly field: CertificateField; readonly after: string };
  readonly displayName: CertificateField;
  /** Absent: nobody has groups. */
  readonly groups?: CertificateField;
  /** By the name that rules compare. */
  readonly claims: Readonly<Record<string, CertificateField>>;
}

/** Where a provider keeps what we want to know of a person: each a claim, or the way to a claim inside of others. */
export interface ClaimMapping {
  readonly groups: readonly string[];
  /** Absent: the usual claims, in order. */
  readonly displayName?: readonly string[];
  /** By the name that rules compare. */
  readonly others: Readonly<Record<string, readonly string[]>>;
}

/** An application of the config file. */
export interface ConfiguredClient {
  readonly id: string;
  readonly name: string;
  readonly redirectUris: readonly string[];
  /** Where a browser may come back to after a sign-out; absent: nowhere. */
  readonly postLogoutRedirectUris?: readonly string[];
  /** Secret reference; absent: a public client. */
  readonly secret?: string;
  /** What it shows in place of a secret. */
  readonly certificate?: ClientCertificateConfig;
  /** Whether its access tokens need the certificate that it showed when it got them. */
  readonly bindTokens?: true;
  /** What it may ask for. Also its default when it asks for nothing. */
  readonly scopes: readonly string[];
  /** Default: `authorization_code` and `refresh_token`. */
  readonly grantTypes: readonly string[];
}

/** How an OAuth client is known by its certificate (RFC 8705, section 2). */
export type ClientCertificateConfig =
  /** Absolute path of that certificate. */
  | { readonly by: 'file'; readonly file: string }
  | { readonly by: 'dns' | 'email' | 'uri'; readonly value: string };

/** A local person of the config file. */
export interface ConfiguredUser {
  readonly username: string;
  readonly groups: readonly string[];
  readonly claims: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /** argon2id or bcrypt. */
  readonly passwordHash: string;
}

/** So many requests in a window that starts with the first of them. */
export interface Rate {
  readonly requests: number;
  readonly windowMs: number;
}

/** All in milliseconds. */
export interface TokenLifetimes {
  /** Default 15 minutes. */
  readonly accessMs: number;
  /** From the sign-in, whatever rotates; default 30 days. */
  readonly refreshMs: number;
  /** A browser session; default 12 hours. */
  readonly browserSessionMs: number;
  /** How long one key signs ID tokens; default 90 days. */
  readonly signingKeyMs: number;
  /** From the publication of a key until it signs; default 24 hours, and less than {@link TokenLifetimes.signingKeyMs}. */
  readonly signingKeyNoticeMs: number;
}
