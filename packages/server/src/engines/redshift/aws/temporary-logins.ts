import type { Clock } from '../../../core/index.ts';
import { principalId } from '../../../core/index.ts';
import { dbUserOf } from './db-user.ts';
import type { LoginGrantee } from './login-grantee.ts';
import { type IssuedLogin, requestLogin } from './request-login.ts';

/** A login is not used any more this long before it ends: the way to the server takes time, and clocks differ. */
const marginMs = 60_000;

/**
 * Logins that AWS issued, kept until shortly before they end. However many sessions begin at once, AWS is asked once
 * for each login. A failure is not kept.
 */
export class TemporaryLogins {
  readonly #clock: Clock;
  readonly #kept = new Map<string, IssuedLogin>();
  readonly #asked = new Map<string, Promise<IssuedLogin>>();

  constructor(clock: Clock) {
    this.#clock = clock;
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
    if (grantee.database.host === '') {
      yield { login: user ?? grantee.role.login, password: undefined };
      return;
    }
    const key = keyOf(grantee, user);
    const kept = this.#usable(key);
    if (kept !== undefined) {
      yield kept;
      if (this.#kept.get(key) === kept) this.#kept.delete(key);
    }
    yield this.#usable(key) ?? (await this.#ask(key, grantee, request));
  }

  #usable(key: string): IssuedLogin | undefined {
    const kept = this.#kept.get(key);
    return kept !== undefined && kept.expiresAt - marginMs > this.#clock.now() ? kept : undefined;
  }

  #ask(key: string, grantee: LoginGrantee, request: string): Promise<IssuedLogin> {
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    const asking = requestLogin(grantee, request)
      .then((issued) => {
        this.#forgetEnded();
        this.#kept.set(key, issued);
        return issued;
      })
      .finally(() => this.#asked.delete(key));
    this.#asked.set(key, asking);
    return asking;
  }

  #forgetEnded(): void {
    const now = this.#clock.now();
    for (const [key, { expiresAt }] of this.#kept) if (expiresAt <= now) this.#kept.delete(key);
  }
}

/** Everything that the answer depends on. The person counts where AWS or the database is told who it is for. */
function keyOf({ database, role, principal }: LoginGrantee, user: string | undefined): string {
  const person = role.awsRole === undefined ? '' : principalId(principal);
  return JSON.stringify([database.aws, database.upstreamName, role.awsRole, role.dbGroups, user, person]);
}
