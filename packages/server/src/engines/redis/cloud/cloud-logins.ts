import { type Clock, type Permit, Refusal, type Secret } from '../../../core/index.ts';
import type { LoginRenewal } from '../../engine.ts';
import { KeptLogins } from '../../kept-logins.ts';
import { FailureStreak } from '../failure-streak.ts';
import { type IssuedToken, requestToken } from './request-token.ts';

/** Whom a password is asked for: what of a permit the clouds need. */
type Grantee = Pick<Permit, 'database' | 'role'>;

/** Passwords that a cloud issued, kept while they are good for a sign-in. */
export class CloudLogins {
  readonly #clock: Clock;
  readonly #tokens: KeptLogins<IssuedToken>;
  readonly #problem: (message: string, cause: unknown) => void;
  /** For each login: many sessions fail at once, and the operator hears of it once. */
  readonly #streaks = new Map<string, FailureStreak>();

  constructor(clock: Clock, problem: (message: string, cause: unknown) => void) {
    this.#clock = clock;
    this.#problem = problem;
    this.#tokens = new KeptLogins(({ usableUntil }) => usableUntil > clock.now());
  }

  /** A kept password first; when the server refused that one, a fresh one. @throws Refusal `upstream_refused_login` */
  async *candidates(
    grantee: Grantee,
    request: string,
  ): AsyncGenerator<{ readonly login: string; readonly password: Secret; readonly renewal: LoginRenewal }> {
    const ask = () => this.#ask(grantee, request);
    for await (const token of this.#tokens.candidates(keyOf(grantee), ask))
      yield {
        login: grantee.role.login,
        password: token.password,
        renewal: this.#renewal(grantee, token),
      };
  }

  #renewal(grantee: Grantee, { renewAt, endsAt }: IssuedToken): LoginRenewal {
    const streak = this.#streakOf(grantee);
    return {
      dueAt: renewAt,
      endsAt,
      next: async () => {
        const token = await this.#tokens.get(keyOf(grantee), () => this.#ask(grantee, ''));
        return { password: token.password, renewal: this.#renewal(grantee, token) };
      },
      failed: (cause) => streak.failed(cause),
      succeeded: () => streak.succeeded(),
    };
  }

  #streakOf(grantee: Grantee): FailureStreak {
    const key = keyOf(grantee);
    const { database, role } = grantee;
    const message = `sessions of "${role.login}" on "${database.name}" cannot be signed in again; they end when their password does`;
    const streak =
      this.#streaks.get(key) ??
      new FailureStreak((cause) => this.#problem(message, cause instanceof Refusal ? cause.cause : cause));
    this.#streaks.set(key, streak);
    return streak;
  }

  #ask({ database, role }: Grantee, request: string): Promise<IssuedToken> {
    return requestToken(database, role, this.#clock.now(), request);
  }
}

function keyOf({ database, role }: Grantee): string {
  return JSON.stringify([database.name, database.cloud, role.login]);
}
