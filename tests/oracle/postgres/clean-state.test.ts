import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawPostgres } from '../../support/raw-postgres.ts';
import { type SampleDatabase, startSampleDatabase } from '../../support/sample-database.ts';
import { Violation } from '../violation.ts';
import { proveClean } from './clean-state.ts';
import { disorder } from './departures.ts';
import { oracleTables } from './world.ts';

let database: SampleDatabase;
beforeAll(async () => {
  database = await startSampleDatabase();
  await database.query(oracleTables);
});
afterAll(() => database?.stop());

/** A connection to the server itself. */
async function connected(): Promise<RawPostgres> {
  const { server, passwords } = database;
  const { client } = await RawPostgres.connect({
    host: server.host,
    port: server.port,
    user: 'app_readwrite',
    database: 'authdb',
    password: passwords.readwrite,
    parameters: { application_name: 'oracle' },
  });
  return client;
}

describe('the proof that a connection remembers nobody', () => {
  test.each([
    ...disorder.map(([statement]) => statement),
    'SELECT pg_advisory_lock_shared(7)',
    "SELECT nextval('tick')",
    'LISTEN left_behind',
    'BEGIN',
  ])('fails after %s', async (statement) => {
    const client = await connected();
    await client.query(statement);
    await expect(proveClean(client, 'oracle')).rejects.toThrow(Violation);
    client.close();
  });

  test('holds for a new connection, and names its backend', async () => {
    const client = await connected();
    const [pid] = await client.query('SELECT pg_backend_pid()');
    expect(await proveClean(client, 'oracle')).toMatch(new RegExp(`^${pid} 20`));
    client.close();
  });

  test('holds after DISCARD ALL, whatever was done before', async () => {
    const client = await connected();
    for (const [statement] of disorder) await client.query(statement);
    await client.query('DISCARD ALL');
    await expect(proveClean(client, 'oracle')).resolves.not.toBe('');
    client.close();
  });
});
