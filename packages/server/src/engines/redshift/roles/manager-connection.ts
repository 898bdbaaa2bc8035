import { Duplex } from 'node:stream';
import pg from 'pg';
import { type Database, newUuid, Refusal, type Secret } from '../../../core/index.ts';
import { openAsManager } from '../../manager-account.ts';
import {
  authenticationOk,
  driverSocket,
  logIn,
  openServer,
  type PostgresUpstream,
  parameterStatus,
  readyForQuery,
} from '../../postgres/for-variations.ts';
import { passwordProof } from '../password-proof.ts';

const connectTimeoutMs = 10_000;

/** Nothing that a user of the database made can stand in for a catalog's table or function (CVE-2018-1058). */
const settings: ReadonlyMap<string, string> = new Map([
  ['application_name', 'grantway roles'],
  ['search_path', 'pg_catalog'],
  ['statement_timeout', '60000'],
]);

/**
 * A driver connection as one login of the database. The login is ours, because the driver knows no digest.
 * @throws Refusal `upstream_unreachable`, `upstream_untrusted`, `upstream_refused_login`
 */
export async function connectAs(database: Database, login: string, password: Secret): Promise<pg.Client> {
  if (database.host === '') {
    throw new Refusal('request_invalid', {
      what: `"${database.name}" takes no connections, so roles cannot be made there.`,
    });
  }
  const account = { database, login, password, settings, connectTimeoutMs, request: newUuid() };
  const upstream = await logIn(account, passwordProof, { reusable: false }, (signal) =>
    openServer(account, signal),
  );
  const client = new pg.Client({
    stream: () => driverSocket(new LoggedIn(upstream)),
    user: login,
    database: database.upstreamName,
    ssl: false,
  });
  // A connection that breaks between two statements fails the next one; without a listener it would end the process.
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** Runs `work` as the manager account. @throws Refusal `request_invalid` when there is none, it cannot connect, or it is a superuser */
export async function withManager<T>(
  database: Database,
  password: Secret,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const { login, client } = await openAsManager(database, async (login) => ({
    login,
    client: await connectAs(database, login, password),
  }));
  try {
    const { rows } = await client.query<{ superuser: boolean }>(
      'SELECT usesuper AS superuser FROM pg_catalog.pg_user WHERE usename = session_user',
    );
    // A superuser of Redshift is whoever it likes to be, by SET SESSION AUTHORIZATION.
    if (rows[0]?.superuser !== false) {
      throw new Refusal('request_invalid', {
        what: `The manager account "${login}" is a superuser. Use one that may make users and roles only (docs/redshift.md).`,
      });
    }
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/** A connection that is logged in already, for a driver that wants to log in: its startup packet is answered here. */
class LoggedIn extends Duplex {
  readonly #upstream: PostgresUpstream;
  #greeted = false;
  #written: (() => void) | undefined;

  constructor(upstream: PostgresUpstream) {
    super();
    this.#upstream = upstream;
    upstream.lend({
      received: (bytes) => {
        if (!this.push(bytes)) upstream.wire.socket.pause();
      },
      ended: () => this.push(null),
      drained: () => {
        this.#written?.();
        this.#written = undefined;
      },
    });
  }

  override _read(): void {
    this.#upstream.wire.socket.resume();
  }

  override _write(bytes: Buffer, _: BufferEncoding, done: () => void): void {
    if (!this.#greeted) {
      this.#greeted = true;
      const reports = [...this.#upstream.parameters].map(([name, value]) => parameterStatus(name, value));
      this.push(Buffer.concat([authenticationOk, ...reports, readyForQuery]));
      done();
    } else if (this.#upstream.wire.write(bytes)) done();
    else this.#written = done;
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#upstream.close();
    done(error);
  }
}
