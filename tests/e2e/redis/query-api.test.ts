import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAnswer } from '../../support/gateway.ts';
import { cacheLogin, type RedisGateway, startRedisGateway } from '../../support/redis-gateway.ts';

let cache: RedisGateway;
let token: string;
beforeAll(async () => {
  cache = await startRedisGateway();
  token = await cache.token('editor', 'readwrite');
  await cache.admin.hset('user:1', { name: 'Ada', age: '36' });
  await cache.admin.rpush('list', 'a', 'b', 'c');
});
afterAll(() => cache?.stop());

const post = async (body: unknown, more: { readonly accept?: string; readonly token?: string } = {}) =>
  await fetch(`${cache.gateway.issuer}/api/v1/databases/cache/query`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${more.token ?? token}`,
      'content-type': 'application/json',
      accept: more.accept ?? 'application/json',
    },
    body: JSON.stringify(body),
  });

describe('Redis over the query API', () => {
  test('a command is answered as a table, from a session of the role’s user', async () => {
    const answer = await readAnswer(await post({ command: ['HGETALL', 'user:1'] }));
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      columns: [
        { name: 'key', type: 'text' },
        { name: 'value', type: 'text' },
      ],
      rows: [
        ['name', 'Ada'],
        ['age', '36'],
      ],
      rowCount: 2,
      truncated: false,
    });
    const users = String(await cache.admin.client('LIST'));
    expect(users).toContain(`user=${cacheLogin('readwrite')}`);
  });

  test('the limit cuts what is longer, in JSON, NDJSON and CSV', async () => {
    const command = ['LRANGE', 'list', 0, -1];
    const json = await readAnswer(await post({ command, limit: 2 }));
    expect(json.body).toMatchObject({ rows: [['a'], ['b']], rowCount: 2, truncated: true });
    const ndjson = await post({ command }, { accept: 'application/x-ndjson' });
    expect((await ndjson.text()).trim().split('\n')).toEqual([
      '{"columns":[{"name":"reply","type":"text"}]}',
      '["a"]',
      '["b"]',
      '["c"]',
      '{"rowCount":3,"truncated":false}',
    ]);
    const csv = await post({ command, limit: 1 }, { accept: 'text/csv' });
    expect(await csv.text()).toBe('reply\r\na\r\n');
  });

  const problems: readonly [what: string, body: unknown, status: number, code: string, detail: RegExp][] = [
    ['an error of the server', { command: ['LPUSH', 'user:1', 'x'] }, 422, 'command_failed', /WRONGTYPE/],
    ['a command that Grantway refuses', { command: ['CONFIG', 'GET', '*'] }, 422, 'command_failed', /NOPERM/],
    ['a statement', { statement: 'SELECT 1' }, 400, 'request_invalid', /takes \{ "command"/],
    ['a conversation', { command: ['SUBSCRIBE', 'c'] }, 400, 'feature_not_offered', /SUBSCRIBE over HTTP/],
    [
      'a role that the token does not hold',
      { command: ['PING'], role: 'admin' },
      403,
      'role_not_granted',
      /admin/,
    ],
  ];
  test.for(problems)('%s is a problem document', async ([, body, status, code, detail]) => {
    const answer = await readAnswer(await post(body));
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.body.detail).toMatch(detail);
  });

  test('a wrong token is 401', async () => {
    const answer = await readAnswer(await post({ command: ['PING'] }, { token: 'gwt_wrong' }));
    expect([answer.status, answer.body.code]).toEqual([401, 'token_invalid']);
  });

  test('what one command leaves behind is gone with it', async () => {
    await post({ command: ['MULTI'] });
    await post({ command: ['CLIENT', 'SETNAME', 'mine'] });
    const answer = await readAnswer(await post({ command: ['GET', 'list2'] }));
    expect(answer.body).toMatchObject({ rows: [[null]] });
    const name = await readAnswer(await post({ command: ['CLIENT', 'GETNAME'] }));
    expect(name.body).toMatchObject({ rows: [['grantway-http']] });
  });
});
