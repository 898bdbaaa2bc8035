import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Refusal } from '../../../packages/server/src/core/index.ts';
import type { RawRedis } from '../../support/raw-redis.ts';
import { RedisFixture } from '../../support/redis-fixture.ts';
import { redisVersions } from '../../support/redis-program.ts';
import { deliberateDifferences } from './deliberate.ts';
import { wordsOf } from './steps.ts';

const documentation = join(import.meta.dirname, '..', '..', '..', 'docs', 'redis.md');

describe.for(redisVersions)('what Grantway answers itself instead of %s', (version) => {
  let fixture: RedisFixture;
  beforeAll(async () => {
    fixture = await RedisFixture.start({ version });
  });
  afterEach(() => fixture.closeDoors());
  afterAll(() => fixture?.stop());

  test.for(
    deliberateDifferences.map((difference) => ({
      title: `${'command' in difference.sent ? wordsOf(difference.sent.command).join(' ').slice(0, 40) : difference.what}: ${difference.reason}`,
      difference,
    })),
  )('$title', async ({ difference: { sent, reply, afterwards } }) => {
    const refuse = () => Promise.reject(new Refusal('token_invalid'));
    const door = await fixture.open({
      observer: { wantsParameters: false, finished: () => {}, reauthenticate: refuse },
    });
    const client: RawRedis = await fixture.raw(door);
    client.send('ECHO', 'before');
    if ('bytes' in sent) client.write(sent.bytes);
    else client.send(...wordsOf(sent.command));
    expect(await client.read()).toBe('$6\r\nbefore\r\n');
    const answer = await client.read();
    expect(answer.slice(0, reply.length)).toBe(reply);
    if (afterwards === 'closed') expect(await client.read()).toBe('ended');
    else expect(await client.call('PING')).toBe('+PONG\r\n');
  });
});

test.for([...new Set(deliberateDifferences.map(({ what }) => what))])(
  'the documentation tells of: %s',
  async (what) => {
    expect((await readFile(documentation, 'utf8')).replaceAll('`', '').replaceAll(/\s+/g, ' ')).toContain(
      what,
    );
  },
);
