import type { Permit } from '../core/index.ts';
import { Refusal } from '../core/index.ts';
import type { Upstream } from '../engines/index.ts';
import type { PoolOptions } from './pool.ts';

/**
 * Logs in to the upstream as the permit's role. While a rotation of the role's password is in flight there are two
 * candidates; the second is tried only after the server refused the first.
 * @throws Refusal `upstream_unreachable`, `upstream_untrusted`, `upstream_refused_login`
 */
export async function dial(
  permit: Permit,
  settings: ReadonlyMap<string, string>,
  request: string,
  { engines, credentials, connectTimeoutMs }: PoolOptions,
): Promise<Upstream> {
  const { database, role } = permit;
  const engine = engines[database.engine];
  if (engine === undefined) throw new TypeError(`no engine for ${database.engine}`);
  const candidates = await credentials.candidates(database.name, role.name);
  let refused: unknown;
  for (const password of candidates) {
    try {
      return await engine.connect(permit, {
        database,
        login: role.login,
        password,
        settings,
        connectTimeoutMs,
        request,
      });
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
