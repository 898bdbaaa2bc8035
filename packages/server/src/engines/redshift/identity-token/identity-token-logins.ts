import {
  type Clock,
  type IdentityToken,
  type IdentityTokenAccess,
  type Permit,
  principalId,
  Refusal,
  type Secret,
} from '../../../core/index.ts';
import { KeptLogins } from '../../kept-logins.ts';

/** Asks the identity provider of a person (`method:subject`) for a token. Throws what the store throws. */
export type TokenSource = (personId: string, wanted: IdentityTokenAccess) => Promise<IdentityToken>;

interface KeptToken {
  readonly token: Secret;
  readonly expiresAt: number;
}

/** A token is not used any more this long before it ends: the way to the server takes time, and clocks differ. */
const marginMs = 60_000;

/** Tokens of people's identity providers, kept until shortly before they end. */
export class IdentityTokenLogins {
  readonly #source: TokenSource;
  readonly #tokens: KeptLogins<KeptToken>;

  constructor(source: TokenSource, clock: Clock) {
    this.#source = source;
    this.#tokens = new KeptLogins(({ expiresAt }) => expiresAt - marginMs > clock.now());
  }

  /**
   * A kept token first; when the server refused that one, a fresh one. The user has no name: the database reads it out
   * of the token.
   * @throws Refusal `identity_token_missing`, `provider_unavailable`, `upstream_refused_login`
   */
  async *candidates(
    { database, principal }: Pick<Permit, 'database' | 'principal'>,
    request: string,
  ): AsyncGenerator<{ readonly login: string; readonly password: Secret }> {
    const { identityToken: wanted } = database;
    if (wanted === undefined) throw new TypeError(`${database.name} takes no identity tokens`);
    const person = principalId(principal);
    const ask = async () => accepted(await this.#source(person, wanted), wanted, request);
    // A token names the groups of its time. After a change of them a new one is due, however long the old one lasts.
    const key = JSON.stringify([person, wanted, [...principal.groups].sort()]);
    for await (const { token } of this.#tokens.candidates(key, ask)) yield { login: '', password: token };
  }
}

function accepted(given: IdentityToken, { signIn }: IdentityTokenAccess, request: string): KeptToken {
  switch (given.outcome) {
    case 'given':
      return given;
    case 'none':
      throw new Refusal('identity_token_missing', { method: signIn }, given.detail);
    case 'unavailable':
      throw new Refusal('provider_unavailable', {}, given.detail);
    case 'unsuitable':
      throw new Refusal('upstream_refused_login', { request }, `${signIn}: ${given.detail}`);
  }
}
