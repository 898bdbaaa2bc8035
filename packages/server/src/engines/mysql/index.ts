/**
 * engines/mysql: the MySQL client/server protocol, as the server of our clients and as the client of a MySQL or
 * MariaDB upstream.
 *
 * Owns: the handshake of a client ({@link accept}), the login at the server ({@link connect}) with its plugins in
 * `plugins/`, the relay with its statement observation, the numbers that sessions are killed by, the reset of a
 * connection. Does not own: tokens, rules, records, pools.
 *
 *   accept ─▶ MysqlClient ─┐           ┌─ ClientMessages ─┐
 *                          ├─▶ relay ──┤                  ├─▶ Conversation ─▶ StatementObserver
 *   connect ─▶ MysqlUpstream           └─ ServerMessages ─┘   (who answers what; is it idle?)
 *                └─ restoreSession, KILL
 *
 * Both sides of a session have the same capabilities: those that the client chose of the ones in `client-settings.ts`.
 */
import type { Engine } from '../engine.ts';
import { sqlWithoutSecrets } from '../sql-secrets/index.ts';
import { accept } from './accept.ts';
import { connect } from './connect.ts';
import { relay } from './relay.ts';

/** MySQL 8 and newer, MariaDB 10.5 and newer. */
export const mysqlEngine: Engine = {
  name: 'mysql',
  traits: {
    withoutSecrets: (text) =>
      sqlWithoutSecrets(text, { backslash: 'everywhere', nameQuote: '`', comments: 'executable' }),
  },
  accept,
  connect,
  relay,
};
