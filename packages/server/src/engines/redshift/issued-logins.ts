import type { Clock, Permit, Secret } from '../../core/index.ts';
import { TemporaryLogins } from './aws/index.ts';
import { IdentityTokenLogins, type TokenSource } from './identity-token/index.ts';

/** Logins that Redshift takes and Grantway does not keep: of AWS, or of the identity provider of each person. */
export class IssuedLogins {
  readonly #aws: TemporaryLogins;
  readonly #identityTokens: IdentityTokenLogins;

  constructor(tokens: TokenSource, clock: Clock) {
    this.#aws = new TemporaryLogins(clock);
    this.#identityTokens = new IdentityTokenLogins(tokens, clock);
  }

  /** As the database says. @throws Refusal as the one that is asked */
  candidates(
    grantee: Pick<Permit, 'database' | 'role' | 'principal'>,
    request: string,
  ): AsyncIterable<{ readonly login: string; readonly password: Secret | undefined }> {
    const issuer = grantee.database.identityToken === undefined ? this.#aws : this.#identityTokens;
    return issuer.candidates(grantee, request);
  }
}
