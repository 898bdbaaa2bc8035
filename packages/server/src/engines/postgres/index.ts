/**
 * engines/postgres: the PostgreSQL frontend/backend protocol 3, as the server of our clients and as the client of the
 * upstream.
 *
 * Owns: the handshake of a client ({@link accept}), the login at the server ({@link connect}), the relay with its
 * statement observation, cancel keys, the reset of a connection; in `roles/` the logins of managed roles; the driver
 * of the HTTP API. Does not own: tokens, rules, records, pools.
 *
 *   accept ─▶ PostgresClient ─┐           ┌─ ClientMessages ─┐
 *                             ├─▶ relay ──┤                  ├─▶ Conversation ─▶ StatementObserver
 *   connect ─▶ PostgresUpstream           └─ ServerMessages ─┘   (who answers what; is it idle?)
 *                └─ idleWatch, discardAll, cancel                 FrameScanner walks the headers of both directions
 *
 * What speaks the same protocol with differences is a {@link PostgresVariation} of it.
 */
import { sqlWithoutSecrets } from '../sql-secrets/index.ts';
import { postgresSettings } from './client-settings.ts';
import { openServer } from './connect.ts';
import { createPostgresEngine } from './create-postgres-engine.ts';
import { passwordMethods } from './password-methods.ts';
import { newestProtocol } from './protocol.ts';
import { passwordRequest } from './token-request.ts';
import type { LoginProof } from './variation.ts';

export { postgresQueryDriver } from './query-driver.ts';

const passwordProof: LoginProof = { startup: [], methods: passwordMethods, scram: true, unasked: true };

/** PostgreSQL 9.6 and newer. */
export const postgresEngine = createPostgresEngine({
  name: 'postgres',
  traits: {
    withoutSecrets: (text) =>
      sqlWithoutSecrets(text, { backslash: 'marked', nameQuote: '"', comments: 'nested' }),
  },
  door: {
    newestProtocol,
    negotiates: true,
    startup: { offered: postgresSettings, ended: new Set() },
    tokenRequest: () => passwordRequest,
  },
  upstream: {
    reusable: true,
    proof: () => passwordProof,
    mayLogInAs: (permit, login) => permit.role.login === login,
    open: (_, login, signal, address) => openServer(login, signal, address),
  },
});
