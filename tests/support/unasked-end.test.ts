import { afterEach, expect, test, vi } from 'vitest';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';

const told = vi.spyOn(console, 'error').mockImplementation(() => {});
afterEach(() => void told.mockClear());

async function untilTold(): Promise<string> {
  await vi.waitFor(() => expect(told).toHaveBeenCalled());
  return String(told.mock.calls[0]?.[0]);
}

test('a server that was killed by somebody else is told of, with the signal and its last lines', async () => {
  const server = await startRedis();
  const admin = await server.adminClient();
  process.kill(Number(/process_id:(\d+)/.exec(await admin.info('server'))?.[1]), 'SIGKILL');
  expect(await untilTold()).toMatch(
    /^Redis 7 ended without being asked \(signal SIGKILL\)\. Its last lines:\n(?: {2}.*\n)* {2}.*Ready to accept connections/,
  );
  admin.disconnect();
  await server.stop();
});

test('one that ends by itself is told of with its exit code', async () => {
  const server = await startPostgres({ settings: { restart_after_crash: 'off' } });
  const admin = await server.adminClient();
  admin.on('error', () => {});
  const { rows } = await admin.query('SELECT pg_backend_pid() AS pid');
  process.kill(rows[0].pid, 'SIGKILL');
  expect(await untilTold()).toMatch(
    /^PostgreSQL ended without being asked \(exit code \d+\)\. Its last lines:\n(?: {2}.*\n)*.*was terminated by signal 9/,
  );
  await server.stop();
});

test('nothing is told of one that was asked to end, to begin again or to crash', async () => {
  const server = await startRedis({ usersIn: 'memory' });
  await server.restart();
  await server.crash();
  await server.stop();
  const postgres = await startPostgres({ settings: {} });
  await postgres.stop();
  expect(told).not.toHaveBeenCalled();
});
