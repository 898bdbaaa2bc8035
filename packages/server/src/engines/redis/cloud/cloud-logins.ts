import type { Clock, Permit, Secret } from '../../../core/index.ts';
import type { LoginRenewal } from '../../engine.ts';
import { KeptLogins } from '../../kept-logins.ts';
import { type IssuedToken, requestToken } from './request-token.ts';

/** Whom a password is asked for: what of a permit the clouds need. */
type Grantee = Pick<Permit, 'database' | 'role'>;

/** Passwords that a cloud issued, kept while they are good for a sign-in. */
export class CloudLogins {
  readonly #clock: Clock;
  readonly #tokens: KeptLogins<IssuedToken>;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#tokens = new KeptLogins(({ usableUntil }) => usableUntil > clock.now());
  }

  /** A kept password first; when the server refused that one, a fresh one. @throws Refusal `upstream_refused_login` */
  async *candidates(
    grantee: Grantee,
    request: string,
  ): AsyncGenerator<{ readonly login: string; readonly password: Secret; readonly renewal: LoginRenewal }> {
    const ask = () => this.#ask(grantee, request);
    for await (const { password, renewAt } of this.#tokens.candidates(keyOf(grantee), ask))
      yield { login: grantee.role.login, password, renewal: this.#renewal(grantee, renewAt) };
  }

  #renewal(grantee: Grantee, dueAt: number): LoginRenewal {
    return {
      dueAt,
      next: async () => {
        const { password, renewAt } = await this.#tokens.get(keyOf(grantee), () => this.#ask(grantee, ''));
        return { password, renewal: this.#renewal(grantee, renewAt) };
      },
    };
  }

  #ask({ database, role }: Grantee, request: string): Promise<IssuedToken> {
    return requestToken(database, role, this.#clock.now(), request);
  }
}

function keyOf({ database, role }: Grantee): string {
  return JSON.stringify([database.name, database.cloud, role.login]);
}
