import type { Clock, Database, Permit, Role, Secret } from '../../../core/index.ts';
import type { LoginRenewal } from '../../engine.ts';
import { type IssuedToken, requestToken } from './request-token.ts';

/** Whom a password is asked for: what of a permit the clouds need. */
type Grantee = Pick<Permit, 'database' | 'role'>;

/**
 * Passwords that a cloud issued, kept while they are good for a sign-in. However many connections ask at once, the
 * cloud is asked once for each. A failure is not kept.
 */
export class CloudLogins {
  readonly #clock: Clock;
  readonly #kept = new Map<string, IssuedToken>();
  readonly #asked = new Map<string, Promise<IssuedToken>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A kept password first; when the server refused that one, a fresh one. @throws Refusal `upstream_refused_login` */
  async *candidates(
    { database, role }: Grantee,
    request: string,
  ): AsyncGenerator<{ readonly login: string; readonly password: Secret; readonly renewal: LoginRenewal }> {
    const key = JSON.stringify([database.name, database.cloud, role.login]);
    const kept = this.#usable(key);
    if (kept !== undefined) {
      yield this.#candidate(key, kept, database, role);
      if (this.#kept.get(key) === kept) this.#kept.delete(key);
    }
    yield this.#candidate(key, await this.#get(key, database, role, request), database, role);
  }

  #candidate(key: string, { password, renewAt }: IssuedToken, database: Database, role: Role) {
    return { login: role.login, password, renewal: this.#renewal(key, renewAt, database, role) };
  }

  #renewal(key: string, dueAt: number, database: Database, role: Role): LoginRenewal {
    return {
      dueAt,
      next: async () => {
        const token = await this.#get(key, database, role, '');
        return { password: token.password, renewal: this.#renewal(key, token.renewAt, database, role) };
      },
    };
  }

  async #get(key: string, database: Database, role: Role, request: string): Promise<IssuedToken> {
    return this.#usable(key) ?? (await this.#ask(key, database, role, request));
  }

  #usable(key: string): IssuedToken | undefined {
    const kept = this.#kept.get(key);
    return kept !== undefined && kept.usableUntil > this.#clock.now() ? kept : undefined;
  }

  #ask(key: string, database: Database, role: Role, request: string): Promise<IssuedToken> {
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    const asking = requestToken(database, role, this.#clock.now(), request)
      .then((token) => {
        this.#kept.set(key, token);
        return token;
      })
      .finally(() => this.#asked.delete(key));
    this.#asked.set(key, asking);
    return asking;
  }
}
