import { type EngineName, type Permit, Refusal } from '../core/index.ts';
import type { Engine, Upstream } from '../engines/index.ts';
import type { UpstreamCredentials } from '../vault/index.ts';

/** What upstreams are dialled with. */
export interface DialParts {
  readonly engines: Readonly<Partial<Record<EngineName, Engine>>>;
  readonly credentials: UpstreamCredentials;
  /** Milliseconds. */
  readonly connectTimeoutMs: number;
}

/** A connection, and the user of the database that it logged in as. */
export interface Dialled {
  readonly upstream: Upstream;
  readonly login: string;
}

/**
 * Logs in to the upstream as the permit's role, with the first of its candidates that the server takes.
 * @throws Refusal `upstream_unreachable`, `upstream_untrusted`, `upstream_refused_login`
 */
export async function dial(
  permit: Permit,
  settings: ReadonlyMap<string, string>,
  request: string,
  { engines, credentials, connectTimeoutMs }: DialParts,
): Promise<Dialled> {
  const { database } = permit;
  const engine = engines[database.engine];
  if (engine === undefined) throw new TypeError(`no engine for ${database.engine}`);
  let refused: unknown;
  for await (const { login, ...proof } of credentials.candidates(permit, request)) {
    try {
      const current = () => credentials.candidates(permit, request);
      const account = { database, login, ...proof, settings, connectTimeoutMs, request, current };
      const upstream = await engine.connect(permit, account);
      // A login without a name is one that the server named.
      return { upstream, login: login === '' ? (upstream.user ?? '') : login };
    } catch (thrown) {
      if (!(thrown instanceof Refusal) || thrown.code !== 'upstream_refused_login') throw thrown;
      refused = thrown;
    }
  }
  throw (
    refused ??
    new Refusal(
      'upstream_refused_login',
      { request },
      'the role has no password yet: run `grantway roles apply`',
    )
  );
}
