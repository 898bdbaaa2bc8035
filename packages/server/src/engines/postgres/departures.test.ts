import { describe, expect, test } from 'vitest';
import {
  bind,
  bytesOf,
  copyData,
  execute,
  flush,
  parse,
  query,
  type RawCall,
} from '../../../../../tests/support/postgres-messages.ts';
import type { RawPostgres } from '../../../../../tests/support/raw-postgres.ts';
import { raw, relayFixture } from '../../../../../tests/support/relay-fixture.ts';

const fixture = relayFixture();

/** What a client is in the middle of when it leaves: what it has asked, and the answer that it has seen of that. */
const moments: readonly [when: string, calls: readonly RawCall[], seen: string][] = [
  ['a result', [query("select repeat('left', 1000), generate_series(1, 10000000)")], 'D'],
  [
    'a COPY that takes data',
    [query('create temp table c (n int)'), query('copy c from stdin'), copyData('1\n')],
    'G',
  ],
  [
    'a COPY that gives data',
    [query("copy (select repeat('left', 1000), generate_series(1, 10000000)) to stdout")],
    'd',
  ],
  [
    'a portal that is fetched in portions',
    [parse('', "select 'left' from generate_series(1, 10)"), bind('', ''), execute('', 2), flush],
    's',
  ],
];

const ways: readonly [how: string, leave: (client: RawPostgres) => unknown][] = [
  ['closes its connection', ({ socket }) => socket.destroy()],
  ['resets its connection', ({ socket }) => socket.resetAndDestroy()],
  ['ends its own half of the connection', ({ socket }) => socket.end()],
];

describe.each(moments)('a client in the middle of %s', (_, calls, seen) => {
  test.each(ways)('B04 that %s leaves a connection that nobody gets', async (_, leave) => {
    const door = await fixture.open({ reuse: true });
    const client = await raw(door);
    client.write(bytesOf(...calls));
    while ((await client.read()).type !== seen);
    leave(client);
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'client_left', idle: false }]);
    expect(door.upstreams[0]?.closed).toBe(true);
    await ended(door.upstreams[0]?.pid);
  });
});

/** Waits until the server has no such backend any more. */
async function ended(pid: string | undefined): Promise<void> {
  const backend = 'select 1 from pg_stat_activity where pid = $1::int';
  while ((await fixture.admin.query(backend, [pid])).rows.length > 0);
}
