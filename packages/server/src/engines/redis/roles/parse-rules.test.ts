import { expect, test } from 'vitest';
import { startRedis } from '../../../../../../tests/support/redis.ts';
import { redisVersions } from '../../../../../../tests/support/redis-program.ts';
import { aclCategories } from '../../../core/index.ts';
import { parseRules } from './parse-rules.ts';
import { templates } from './templates.ts';

test('rules come apart by what they are about, in any number of entries', () => {
  expect(parseRules(['+GET +set', '~a:*', '%R~b %W~b', '&n.*', '(+del ~c)'], 'app')).toEqual({
    root: { commands: ['+get', '+set'], keys: ['~a:*', '~b'], channels: ['&n.*'] },
    selectors: [{ commands: ['+del'], keys: ['~c'], channels: [] }],
  });
});

test('a template as the first word stands for its commands alone', () => {
  expect(parseRules(['read', '~a', '-scan'], 'app').root).toEqual({
    commands: [...templates.read, '-scan'],
    keys: ['~a'],
    channels: [],
  });
});

test.for([
  [['+get']],
  [['']],
  [['~*', 'nopass']],
  [['~*', '>clear']],
  [['~*', '<clear']],
  [['~*', '#5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8']],
  [['~*', 'on']],
  [['~*', 'reset']],
  [['~*', 'resetkeys']],
  [['~*', 'allcommands']],
  [['~*', 'allkeys']],
  [['~*', 'skip-sanitize-payload']],
  [['~*', '+get', 'write']],
  [['~*', '+get|']],
  [['~*', '+']],
  [['~*', '~']],
  [['~*', '%X~a']],
  [['~*', '(+get ~a']],
  [['~*', '(+get (~a))']],
  [['~*', '(+get ~a nopass)']],
  [['~*', `~${'a'.repeat(256)}`]],
  [['~*', '~\u0000']],
  [['~*', 'DROP']],
])('%j is refused', ([rules = []]) => {
  expect(() => parseRules(rules, 'app')).toThrow(/"app"/);
});

test('a password in a rule does not come back in the message', () => {
  expect(() => parseRules(['~*', '>hunter2'], 'app')).toThrow(
    'The rule ">…" of "app" is about the password, which is for Grantway to set.',
  );
});

test.for(redisVersions)('every category of version %s may be named, and no other', async (version) => {
  const server = await startRedis({ version });
  const admin = await server.adminClient();
  const categories = (await admin.call('ACL', 'CAT')) as string[];
  admin.disconnect();
  await server.stop();
  expect(categories.filter((name) => !aclCategories.some((known) => known === name))).toEqual([]);
  expect(() => parseRules(['~*', ...categories.map((name) => `+@${name}`)], 'app')).not.toThrow();
  expect(() => parseRules(['~*', '+@nosuch'], 'app')).toThrow(/category that no Redis or Valkey has/);
});
