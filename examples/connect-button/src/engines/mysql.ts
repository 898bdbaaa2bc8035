import { randomUUID } from 'node:crypto';
import { mysql2Token } from '@grantway/client/drivers';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { type Engine, longestTable, patienceMs } from './engine.ts';

/** MySQL and MariaDB, with mysql2. Always over TLS: their protocol sends the token as it is. */
export const mysql: Engine = {
  title: 'MySQL',
  things: 'rows',
  thing: 'row',

  open: async ({ client, holder, connection, ca }) => {
    const { host, port, username, database } = connection;
    const person = await createConnection({
      host,
      port,
      user: username,
      database,
      connectTimeout: patienceMs,
      ssl: { verifyIdentity: true, ...(ca === undefined ? {} : { ca }) },
      authPlugins: mysql2Token(client.password(holder)),
    });
    // The gateway ends a connection whose access was revoked; the statement that was under way tells.
    person.on('error', () => {});
    return {
      read: async () => {
        const [rows, fields] = await person.query<RowDataPacket[][]>({
          sql: `SELECT id, name, email FROM users ORDER BY id LIMIT ${longestTable}`,
          rowsAsArray: true,
          timeout: patienceMs,
        });
        return { columns: fields.map(({ name }) => name), rows };
      },
      add: async () => {
        const email = `${randomUUID()}@example.com`;
        await person.execute({
          sql: 'INSERT INTO users (name, email) VALUES (?, ?)',
          values: ['Somebody New', email],
          timeout: patienceMs,
        });
      },
      close: async () => person.destroy(),
    };
  },

  isSignInRefused: (thrown) => errnoOf(thrown) === 1045,
  // The access to a database, to a table, and to columns of one.
  isForbidden: (thrown) => [1044, 1142, 1143].includes(errnoOf(thrown) ?? 0),
};

function errnoOf(thrown: unknown): number | undefined {
  return thrown instanceof Error && 'errno' in thrown && typeof thrown.errno === 'number'
    ? thrown.errno
    : undefined;
}
