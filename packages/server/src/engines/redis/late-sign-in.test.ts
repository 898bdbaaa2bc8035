import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { RedisFixture } from '../../../../../tests/support/redis-fixture.ts';

let fixture: RedisFixture;

beforeAll(async () => {
  fixture = await RedisFixture.start();
});
afterEach(async () => {
  await fixture.closeDoors();
});
afterAll(async () => {
  await fixture.stop();
});

test('a connection is not passed on while a sign-in of its last client is still being checked', async () => {
  const asked = Promise.withResolvers<void>();
  const checked = Promise.withResolvers<void>();
  const door = await fixture.open({
    reuse: true,
    observer: {
      finished() {},
      wantsParameters: false,
      reauthenticate: async () => {
        asked.resolve();
        await checked.promise;
      },
    },
  });
  const client = await fixture.raw(door, { protocol: 3 });
  client.send('HELLO', '3', 'AUTH', 'anyone', 'fresh');
  await asked.promise;
  client.destroy();
  await door.settled();
  expect(door.ends).toEqual([{ cause: 'client_left', idle: false }]);

  const next = await fixture.raw(door, { protocol: 3 });
  checked.resolve();
  // The HELLO that waited would be answered here, and everything behind it to the wrong command.
  expect(await next.pipeline(['ECHO', 'a'], ['ECHO', 'b'])).toEqual(['$1\r\na\r\n', '$1\r\nb\r\n']);
});
