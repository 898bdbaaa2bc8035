/**
 * engines/redshift: what differs from PostgreSQL, and nothing else.
 *
 * Owns: the startup parameters and the token request of Redshift's own drivers, the proof of a password by digest; in
 * `aws/` the logins that AWS issues, in `identity-token/` those with a token of the person's identity provider, in
 * `data-api/` a warehouse without an address, in `roles/` the logins of managed roles.
 * Does not own: anything that PostgreSQL does the same; that is `engines/postgres`, of which this is a variation.
 *
 *   startupRules, idpTokenRequest ─┐
 *                                  ├─▶ createPostgresEngine ─▶ redshiftEngine
 *   digestPassword ────────────────┘
 */
import { takesIssuedLogin } from '../../core/index.ts';
import { createPostgresEngine, openServer, passwordRequest } from '../postgres/for-variations.ts';
import { sqlWithoutSecrets } from '../sql-secrets/index.ts';
import { openDataApi } from './data-api/index.ts';
import { identityTokenProof } from './identity-token/index.ts';
import { idpTokenRequest } from './idp-token-request.ts';
import { passwordProof } from './password-proof.ts';
import { namesTokenPlugin, redshiftStartup } from './startup-rules.ts';

export { IssuedLogins } from './issued-logins.ts';

/** Amazon Redshift, provisioned and serverless. */
export const redshiftEngine = createPostgresEngine({
  name: 'redshift',
  traits: {
    withoutSecrets: (text) =>
      sqlWithoutSecrets(text, { backslash: 'everywhere', nameQuote: '"', comments: 'nested' }),
  },
  door: {
    newestProtocol: 0x0003_0000,
    negotiates: false,
    startup: redshiftStartup,
    tokenRequest: (parameters) => (namesTokenPlugin(parameters) ? idpTokenRequest : passwordRequest),
  },
  upstream: {
    // Redshift has no DISCARD ALL, so that nothing proves a connection clean for its next user.
    reusable: false,
    // A role with a password of its own has nothing to do with the tokens that others are issued.
    proof: (permit) =>
      permit.database.identityToken !== undefined && takesIssuedLogin(permit)
        ? identityTokenProof(permit.database.identityToken)
        : passwordProof,
    mayLogInAs: (permit, login) => permit.role.login === login || takesIssuedLogin(permit),
    open: (permit, login, signal, address) =>
      login.database.host === '' ? openDataApi(permit, login) : openServer(login, signal, address),
  },
});
