import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { readExactly } from '../../packages/server/src/engines/framing/index.ts';
import {
  parseStartupPacket,
  type StartupPacket,
} from '../../packages/server/src/engines/postgres/startup-packet.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';
import { cStrings, int32 } from './postgres-messages.ts';

/**
 * A stand-in for Amazon Redshift, which runs nowhere but at Amazon. Its sign-in is a stub, written from the sources of
 * Amazon's drivers: authentication 13, 14, 5 and 3, version 8.0.2, Redshift's parameter statuses, and a refusal of
 * startup parameters that Redshift does not have. Of its SQL it knows what managed roles need: `PASSWORD DISABLE` and
 * `GRANT … ROLE`, which PostgreSQL gets in its own words, `PASSWORD 'sha256|…'`, by which it lets in, and five of its
 * `svv_` views, over PostgreSQL's catalogs. Behind it everything is a real PostgreSQL 18: SQL, errors, rows and catalogs
 * are PostgreSQL's. A test that passes here says nothing about Redshift's SQL.
 */
export interface TestRedshift {
  readonly host: string;
  readonly port: number;
  readonly server: TestPostgres;
  /** Who may log in; a test adds and removes entries. */
  readonly accounts: Map<string, RedshiftAccount>;
  /** The startup parameters of everybody who came, in order. */
  readonly startups: ReadonlyMap<string, string>[];
  /**
   * Whose tokens it takes of clients that name a kind of provider (`CREATE IDENTITY PROVIDER … NAMESPACE`): a person is
   * the user `namespace:sub`. Undefined: there is no such provider.
   */
  identityProvider: TrustedProvider | undefined;
  /** The tokens that it was shown, right or wrong. */
  readonly shownTokens: string[];
  /** What it does instead of signing the next clients in. */
  mischief: RedshiftMischief;
  /** Ends every connection without a word, as a warehouse does that is taken away. */
  cut(): void;
  stop(): Promise<void>;
}

export interface TrustedProvider {
  readonly issuer: string;
  readonly jwks: string;
  readonly audience: string;
  readonly namespace: string;
}

/** A user of the double, and the login in PostgreSQL behind it. */
export interface RedshiftAccount {
  readonly method: 'digest' | 'md5' | 'password' | 'idp_token';
  readonly secret: string;
  readonly postgresLogin: string;
  /** What `PASSWORD 'sha256|digest|salt'` has set: it takes the place of the secret. */
  readonly stored?: { readonly digest: Buffer; readonly salt: Buffer };
}

export type RedshiftMischief =
  | 'none'
  /** Takes the startup packet and says nothing. */
  | 'silence'
  /** Answers the startup packet with bytes that are no message. */
  | 'garbage'
  /** Asks for a password in clear after the proof that it asked for. */
  | 'second_method'
  /** Asks for a digest with a hash function that nobody knows. */
  | 'unknown_algorithm'
  /** Asks for a digest whose lengths reach beyond the message. */
  | 'broken_digest';

/** Startup parameters that the real server behind does not have. Anything else is refused there, as Redshift would. */
const redshiftOnly = new Set([
  'client_protocol_version',
  'driver_version',
  'identity_namespace',
  'idp_type',
  'os_version',
  'plugin_name',
  'provider_name',
  'query_group',
  'token_type',
]);

/** What Redshift reports at the login, and PostgreSQL does not or otherwise. */
const reported: Readonly<Record<string, string>> = {
  server_version: '8.0.2',
  padb_revision: '3fe1d2a1',
  integer_datetimes: 'on',
  standard_conforming_strings: 'on',
  datashare_enabled: 'on',
  external_database: 'off',
  max_numeric_precision: '38',
  max_varchar_size: '65535',
};
const postgresOnly = new Set([
  'default_transaction_read_only',
  'in_hot_standby',
  'scram_iterations',
  'search_path',
]);

/** Starts it, with a PostgreSQL of its own. Its logins need no password there: the double has asked for it. */
export async function startRedshift(): Promise<TestRedshift> {
  const server = await startPostgres({ hba: ['host all all 127.0.0.1/32 trust'] });
  const admin = await server.adminClient();
  await admin.query(redshiftViews);
  await admin.end();
  const sockets = new Set<Socket>();
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    new Visit(socket, redshift).serve().catch(() => socket.destroy());
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const bound = listener.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('not a TCP listener');
  const redshift: TestRedshift = {
    host: '127.0.0.1',
    port: bound.port,
    server,
    accounts: new Map(),
    startups: [],
    identityProvider: undefined,
    shownTokens: [],
    mischief: 'none',
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    stop: async () => {
      redshift.cut();
      listener.close();
      await server.stop();
    },
  };
  return redshift;
}

/** One connection to the double. */
class Visit {
  readonly #socket: Socket;
  readonly #redshift: TestRedshift;

  constructor(socket: Socket, redshift: TestRedshift) {
    this.#socket = socket;
    this.#redshift = redshift;
  }

  async serve(): Promise<void> {
    const packet = await this.#startup();
    if (packet.kind === 'cancel') return await this.#cancel(packet.key);
    if (packet.kind !== 'startup') throw new TypeError('no startup packet');
    this.#redshift.startups.push(packet.parameters);
    const federated = packet.parameters.has('idp_type') && this.#redshift.mischief === 'none';
    const user = federated ? await this.#userOfToken() : (packet.parameters.get('user') ?? '');
    const account = this.#redshift.accounts.get(user);
    if (packet.protocol !== 0x0003_0000) return this.#fatal('0A000', 'unsupported frontend protocol');
    if (account === undefined)
      return this.#fatal('28000', `password authentication failed for user "${user}"`);
    if (federated) return await this.#enter(account, packet.parameters);
    switch (await this.#proved(user, account)) {
      case 'right':
        return await this.#enter(account, packet.parameters);
      case 'wrong':
        return this.#fatal('28000', `password authentication failed for user "${user}"`);
      case 'gone':
        return;
    }
  }

  async #startup(): Promise<StartupPacket> {
    for (;;) {
      const length = await this.#take(4);
      const packet = parseStartupPacket(await this.#take(length.readInt32BE(0) - 4));
      if (packet.kind !== 'ssl_request' && packet.kind !== 'gss_enc_request') return packet;
      this.#socket.write('N');
    }
  }

  /** Asks for the token of an identity provider, and reads in it who this is; '' when it proves nobody. */
  async #userOfToken(): Promise<string> {
    this.#send('R', int32(14));
    const token = (await this.#answer('i')).toString().replace(/\0$/, '');
    const { identityProvider, shownTokens } = this.#redshift;
    shownTokens.push(token);
    if (identityProvider === undefined) return '';
    const { issuer, jwks, audience, namespace } = identityProvider;
    try {
      const keys = createRemoteJWKSet(new URL(jwks));
      const { payload } = await jwtVerify(token, keys, { issuer, audience });
      return `${namespace}:${payload.sub}`;
    } catch {
      return '';
    }
  }

  async #proved(user: string, account: RedshiftAccount): Promise<'right' | 'wrong' | 'gone'> {
    const salt = randomBytes(16);
    const nonce = randomBytes(16);
    switch (this.#redshift.mischief) {
      case 'silence':
        await once(this.#socket.resume(), 'close');
        return 'gone';
      case 'garbage':
        this.#socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
        return 'gone';
      case 'unknown_algorithm':
        this.#send('R', int32(13), int32(7), sized(salt), sized(nonce));
        await this.#take(1);
        return 'gone';
      case 'broken_digest':
        this.#send('R', int32(13), int32(0), int32(4_000_000), salt);
        await this.#take(1);
        return 'gone';
    }
    const right = await this.#ask(user, account, salt, nonce);
    if (this.#redshift.mischief === 'second_method') {
      this.#send('R', int32(3));
      await this.#answer('p');
      return 'gone';
    }
    return right ? 'right' : 'wrong';
  }

  async #ask(user: string, account: RedshiftAccount, salt: Buffer, nonce: Buffer): Promise<boolean> {
    const { method, secret } = account;
    switch (method) {
      case 'digest': {
        const { stored } = account;
        const known = stored ?? { digest: sha256(Buffer.from(secret), salt), salt };
        this.#send('R', int32(13), int32(0), sized(known.salt), sized(nonce));
        const answer = await this.#answer('d');
        const digest = answer.subarray(4, 4 + answer.readInt32BE(0));
        const clientNonce = answer.subarray(8 + digest.length);
        return digest.equals(sha256(known.digest, nonce, clientNonce));
      }
      case 'md5': {
        const short = salt.subarray(0, 4);
        this.#send('R', int32(5), short);
        const inner = md5(Buffer.from(secret + user));
        return (await this.#answer('p')).equals(cStrings(`md5${md5(Buffer.from(inner), short)}`));
      }
      case 'password':
        this.#send('R', int32(3));
        return (await this.#answer('p')).equals(cStrings(secret));
      case 'idp_token': {
        this.#send('R', int32(14));
        return (await this.#answer('i')).toString().replace(/\0$/, '') === secret;
      }
    }
  }

  /** Logs in at PostgreSQL and reports as Redshift does; from the first ReadyForQuery on bytes pass as they are. */
  async #enter(account: RedshiftAccount, asked: ReadonlyMap<string, string>): Promise<void> {
    const behind = await this.#dial();
    const parameters = [...asked].filter(([name]) => !redshiftOnly.has(name));
    const pairs = new Map([...parameters, ['user', account.postgresLogin]]);
    const body = Buffer.concat([int32(0x0003_0000), cStrings(...[...pairs].flat()), Buffer.of(0)]);
    behind.write(Buffer.concat([int32(body.length + 4), body]));
    const greeting: Buffer[] = [];
    for (;;) {
      const header = await taken(behind, 5);
      const rest = await taken(behind, header.readInt32BE(1) - 4);
      const type = header.toString('latin1', 0, 1);
      const [name = ''] = rest.toString().split('\0');
      if (type !== 'S' || !(postgresOnly.has(name) || name in reported)) greeting.push(header, rest);
      if (type === 'R') for (const [key, value] of reports(asked)) greeting.push(status(key, value));
      if (type === 'Z' || type === 'E') break;
    }
    this.#socket.write(Buffer.concat(greeting));
    this.#socket.pipe(this.#passwords()).pipe(behind).pipe(this.#socket);
  }

  /** Watches statements go by for the passwords that they set; the length of none changes. */
  #passwords(): Transform {
    const { accounts } = this.#redshift;
    return new Transform({
      transform(chunk: Buffer, _, done) {
        const text = chunk.toString('latin1');
        const set = /ALTER USER "([^"]+)" PASSWORD 'sha256\|([0-9a-f]{64})\|([0-9a-f]+)'/.exec(text);
        const [, login = '', digest = '', salt = ''] = set ?? [];
        const stored = { digest: Buffer.from(digest, 'hex'), salt: Buffer.from(salt, 'hex') };
        if (set !== null) accounts.set(login, { method: 'digest', secret: '', postgresLogin: login, stored });
        done(null, Buffer.from(inPostgresWords(text), 'latin1'));
      },
    });
  }

  async #cancel(key: Buffer): Promise<void> {
    const behind = await this.#dial();
    behind.end(Buffer.concat([int32(8 + key.length), int32(80_877_102), key]));
    behind.resume();
    await once(behind, 'close');
    this.#socket.end();
  }

  async #dial(): Promise<Socket> {
    const { host, port } = this.#redshift.server;
    const behind = connect({ host, port, noDelay: true });
    behind.on('error', () => this.#socket.destroy());
    this.#socket.once('close', () => behind.destroy());
    behind.once('close', () => this.#socket.destroySoon());
    await once(behind, 'connect');
    return behind;
  }

  #send(type: string, ...parts: readonly Buffer[]): void {
    const body = Buffer.concat(parts);
    this.#socket.write(Buffer.concat([Buffer.from(type), int32(body.length + 4), body]));
  }

  async #answer(type: string): Promise<Buffer> {
    const header = await this.#take(5);
    if (header.toString('latin1', 0, 1) !== type) throw new Error(`${type} was expected`);
    return await this.#take(header.readInt32BE(1) - 4);
  }

  #fatal(sqlstate: string, text: string): void {
    this.#send('E', cStrings('SFATAL', `C${sqlstate}`, `M${text}`), Buffer.of(0));
    this.#socket.end();
  }

  #take(size: number): Promise<Buffer> {
    return taken(this.#socket, size);
  }
}

/** Redshift's words for what PostgreSQL can do too; no length changes, since messages say theirs. */
function inPostgresWords(text: string): string {
  return text
    .replaceAll('PASSWORD DISABLE', 'PASSWORD NULL   ')
    .replaceAll(/(?<=GRANT |REVOKE | TO | FROM )ROLE (?=")/g, '     ');
}

/**
 * Redshift's views over PostgreSQL's catalogs. A role whose name begins with `grp_` stands for a group, since PostgreSQL
 * has no other: `CREATE GROUP` and `ALTER GROUP … ADD USER` mean the same there.
 */
const redshiftViews = `
  SET allow_system_table_mods = on;
  CREATE FUNCTION pg_catalog.double_kind(name, boolean) RETURNS varchar IMMUTABLE LANGUAGE sql AS
    $$ SELECT CASE WHEN $1 IS NULL THEN 'public' WHEN $2 THEN 'user' WHEN $1 LIKE 'grp\\_%' THEN 'group' ELSE 'role' END $$;
  CREATE VIEW pg_catalog.svv_roles AS
    SELECT oid AS role_id, rolname::varchar AS role_name FROM pg_roles
     WHERE double_kind(rolname, rolcanlogin) = 'role';
  CREATE VIEW pg_catalog.svv_user_grants AS
    SELECT u.rolname::varchar AS user_name, r.rolname::varchar AS role_name
      FROM pg_auth_members m JOIN pg_roles u ON u.oid = m.member JOIN pg_roles r ON r.oid = m.roleid
     WHERE double_kind(r.rolname, r.rolcanlogin) <> 'group';
  CREATE VIEW pg_catalog.svv_schema_privileges AS
    SELECT n.nspname::varchar AS namespace_name, a.privilege_type::varchar,
           coalesce(r.rolname, 'public')::varchar AS identity_name,
           double_kind(r.rolname, r.rolcanlogin) AS identity_type, 'SCHEMA'::varchar AS privilege_scope
      FROM pg_namespace n CROSS JOIN aclexplode(n.nspacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee;
  CREATE VIEW pg_catalog.svv_relation_privileges AS
    SELECT n.nspname::varchar AS namespace_name, c.relname::varchar AS relation_name, a.privilege_type::varchar,
           coalesce(r.rolname, 'public')::varchar AS identity_name,
           double_kind(r.rolname, r.rolcanlogin) AS identity_type
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           CROSS JOIN aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee;
  CREATE VIEW pg_catalog.svv_default_privileges AS
    SELECT n.nspname::varchar AS schema_name, 'RELATION'::varchar AS object_type, o.rolname::varchar AS owner_name,
           a.privilege_type::varchar, coalesce(r.rolname, 'public')::varchar AS grantee_name,
           double_kind(r.rolname, r.rolcanlogin) AS grantee_type
      FROM pg_default_acl d CROSS JOIN aclexplode(d.defaclacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
           JOIN pg_roles o ON o.oid = d.defaclrole LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
     WHERE d.defaclobjtype = 'r';
  CREATE OR REPLACE VIEW pg_catalog.pg_group AS
    SELECT rolname AS groname, oid AS grosysid, ARRAY(SELECT member FROM pg_auth_members WHERE roleid = g.oid) AS grolist
      FROM pg_roles g WHERE double_kind(rolname, rolcanlogin) = 'group';
  GRANT SELECT ON pg_catalog.svv_roles, pg_catalog.svv_user_grants, pg_catalog.svv_schema_privileges,
    pg_catalog.svv_relation_privileges, pg_catalog.svv_default_privileges TO PUBLIC;
`;

async function taken(socket: Socket, size: number): Promise<Buffer> {
  const bytes = await readExactly(socket, size);
  if (bytes === 'ended') throw new Error('the other side left');
  return bytes;
}

/** The row format that was asked for, up to the newest that the stub knows of; rows are PostgreSQL's in any case. */
function reports(asked: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
  const wanted = asked.get('client_protocol_version');
  return [
    ...Object.entries(reported),
    ...(wanted === undefined ? [] : [['server_protocol_version', '0'] as const]),
  ];
}

function status(name: string, value: string): Buffer {
  const body = cStrings(name, value);
  return Buffer.concat([Buffer.from('S'), int32(body.length + 4), body]);
}

function sized(bytes: Buffer): Buffer {
  return Buffer.concat([int32(bytes.length), bytes]);
}

function sha256(...parts: readonly Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}

function md5(...parts: readonly Buffer[]): string {
  return createHash('md5').update(Buffer.concat(parts)).digest('hex');
}
