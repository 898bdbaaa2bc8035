import { expect, test } from 'vitest';
import { RedisFixture } from '../../../../../../tests/support/redis-fixture.ts';
import { redisVersions } from '../../../../../../tests/support/redis-program.ts';
import { commandOf } from '../../../../../../tests/support/whole-command.ts';
import { effectOf, readOnly } from './effect.ts';

test.each(redisVersions)('what counts as read-only is so to %s', async (version) => {
  const fixture = await RedisFixture.start({ version });
  const known = (await fixture.admin.call('COMMAND')) as [string, number, string[]][];
  await fixture.stop();
  const flags = new Map(known.map(([name, , given]) => [name.toUpperCase(), given]));
  // A command that a version does not have is refused there.
  const others = [...readOnly].filter((name) => flags.get(name)?.includes('readonly') === false);
  expect(others).toEqual([]);
  expect([...readOnly].filter((name) => flags.has(name)).length).toBeGreaterThan(70);
});

test.each<[command: string, reads: boolean, mayBePutOff: boolean]>([
  ['GET a', true, false],
  ['SET a 1', false, false],
  ['MGET a', true, false],
  ['MGET a b', true, true],
  ['DEL a b', false, true],
  ['MSET a 1', false, false],
  ['MSET a 1 b 2', false, true],
  ['RENAME a b', false, true],
  ['ZINTER 1 a', true, false],
  ['ZINTER 2 a b', true, true],
  ['ZUNIONSTORE d 1 a', false, true],
  ['EVAL return 1 a', false, false],
  ['EVAL return 2 a b', false, true],
  ['XREAD COUNT 1 STREAMS a 0', false, false],
  ['XREAD STREAMS a b 0 0', false, true],
  ['BLPOP a 0', false, false],
  ['BLPOP a b 0', false, true],
  ['SORT a ALPHA', false, false],
  ['SORT a ALPHA store b', false, true],
  ['GEORADIUS a 0 0 1 km', false, false],
  ['GEORADIUSBYMEMBER a m 1 km STOREDIST b', false, true],
  ['PING', true, false],
  ['MODULE.SET a', false, false],
  ['MODULE.SET a b', false, true],
])('%s', (words, reads, mayBePutOff) => {
  const command = commandOf(words);
  expect(effectOf(command, words.split(' ')[0] ?? '')).toEqual({ reads, mayBePutOff });
});
