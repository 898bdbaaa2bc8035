import type { Clock } from '../../../core/index.ts';
import { principalId } from '../../../core/index.ts';
import { KeptLogins } from '../../kept-logins.ts';
import { dbUserOf } from './db-user.ts';
import type { LoginGrantee } from './login-grantee.ts';
import { type IssuedLogin, requestLogin } from './request-login.ts';

/** A login is not used any more this long before it ends: the way to the server takes time, and clocks differ. */
const marginMs = 60_000;

/** Logins that AWS issued, kept until shortly before they end. */
export class TemporaryLogins {
  readonly #logins: KeptLogins<IssuedLogin>;

  constructor(clock: Clock) {
    this.#logins = new KeptLogins(({ expiresAt }) => expiresAt - marginMs > clock.now());
  }

  /**
   * A kept login first; when the server refused that one (its user may be gone), a fresh one. Without a password for
   * a database that is no server to connect to: there the AWS identity itself is the proof.
   * @throws Refusal `upstream_refused_login`, `upstream_unreachable`
   */
  async *candidates(
    grantee: LoginGrantee,
    request: string,
  ): AsyncGenerator<{ readonly login: string; readonly password: IssuedLogin['password'] | undefined }> {
    const user = dbUserOf(grantee, request);
    if (grantee.database.host === '') yield { login: user ?? grantee.role.login, password: undefined };
    else yield* this.#logins.candidates(keyOf(grantee, user), () => requestLogin(grantee, request));
  }
}

/** Everything that the answer depends on. The person counts where AWS or the database is told who it is for. */
function keyOf({ database, role, principal }: LoginGrantee, user: string | undefined): string {
  const person = role.awsRole === undefined ? '' : principalId(principal);
  return JSON.stringify([database.aws, database.upstreamName, role.awsRole, role.dbGroups, user, person]);
}
