import { randomUUID } from 'node:crypto';
import { isLoopbackHost } from '@grantway/client';
import pg from 'pg';
import { type Engine, longestTable, patienceMs } from './engine.ts';

/** PostgreSQL, with node-postgres. Amazon Redshift speaks the same protocol. */
export const postgres: Engine = {
  title: 'PostgreSQL',
  things: 'rows',
  thing: 'row',

  open: async ({ client, holder, connection, ca }) => {
    const { host, port, username, database } = connection;
    const person = new pg.Client({
      host,
      port,
      user: username,
      database,
      password: client.password(holder),
      connectionTimeoutMillis: patienceMs,
      query_timeout: patienceMs,
      ssl: ca === undefined && isLoopbackHost(host) ? false : { ca },
    });
    // The gateway ends a connection whose access was revoked; the statement that was under way tells.
    person.on('error', () => {});
    await person.connect();
    return {
      read: async () => {
        const { fields, rows } = await person.query({
          text: `SELECT id, name, email FROM users ORDER BY id LIMIT ${longestTable}`,
          rowMode: 'array',
        });
        return { columns: fields.map(({ name }) => name), rows };
      },
      add: async () => {
        const email = `${randomUUID()}@example.com`;
        await person.query('INSERT INTO users (name, email) VALUES ($1, $2)', ['Somebody New', email]);
      },
      close: async () => await person.end(),
    };
  },

  isSignInRefused: (thrown) =>
    thrown instanceof pg.DatabaseError && ['28P01', '28000'].includes(thrown.code ?? ''),
  isForbidden: (thrown) => thrown instanceof pg.DatabaseError && thrown.code === '42501',
};
