import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import { psql } from '../../support/psql.ts';
import type { SecretsOfALife } from './secrets-of-a-life.ts';
import type { Hear, Surroundings } from './surroundings.ts';

/** The stock clients, with the right token, a wrong one, and the right one in the wrong place. */
export async function useDoors(
  { gateway, ports }: Surroundings,
  secrets: SecretsOfALife,
  token: string,
  hear: Hear,
): Promise<void> {
  const wrong = secrets.remember('a token that never was', `gwt_${randomBytes(32).toString('base64url')}`);
  hear('psql', await psql(gateway, { token }, 'select 1'));
  hear('psql with an error', await psql(gateway, { token }, 'select nonsense'));
  hear('psql with a wrong token', await psql(gateway, { token: wrong }, 'select 1'));
  hear('psql with a token as user', await psql(gateway, { token: 'x', user: token }, 'select 1'));
  hear('psql with a token as database', await psql(gateway, { token, database: token }, 'select 1'));
  const env = { PGOPTIONS: `-c authToken=${token}` };
  hear('psql with a token as option', await psql(gateway, { token: 'x', env }, 'select 1'));

  for (const [name, scope] of [
    ['shop', 'db:shop'],
    ['cache', 'db:cache'],
  ] as const) {
    const own = await gateway.tokens('viewer', { scope });
    const good = secrets.remember(`a token for ${name}`, own.accessToken);
    for (const password of [good, wrong, token]) {
      for (const user of ['me', good]) hear(name, await errorOf(doors[name](ports, user, password)));
    }
  }
}

const doors = {
  shop: async ({ mysql }: Surroundings['ports'], user: string, password: string) => {
    const ssl = { rejectUnauthorized: false };
    const client = await createConnection({ host: '127.0.0.1', port: mysql, user, password, ssl });
    await client.end();
  },
  cache: async ({ redis }: Surroundings['ports'], username: string, password: string) => {
    const client = new Redis(redis, '127.0.0.1', {
      lazyConnect: true,
      enableReadyCheck: false,
      retryStrategy: () => null,
    });
    client.on('error', () => {});
    try {
      await client.connect();
      // By hand, so that the error of the door is what we hear.
      await client.call('AUTH', username, password);
      await client.call('GET', 'k');
    } finally {
      client.disconnect();
    }
  },
};

async function errorOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'done',
    // ioredis tells what it sent in a field beside the message; that is our own memory and not an answer.
    (thrown: Error) => thrown.message,
  );
}
