import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../../../../../tests/support/gateway.ts';

// The API on the whole gateway: what a query owes to being a session like any other.
let gateway: TestGateway;
let token: string;

beforeAll(async () => {
  gateway = await startGateway();
  token = (await gateway.tokens('editor', { scope: 'db:authdb:readwrite db:authdb:readonly' })).accessToken;
});

afterAll(async () => {
  await gateway.stop();
});

function post(body: object, options: { readonly accept?: string; readonly signal?: AbortSignal } = {}) {
  return fetch(`${gateway.issuer}/api/v1/databases/authdb/query`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: options.accept ?? 'application/json',
    },
    body: JSON.stringify(body),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** Waits until so many backends of the roles' logins run a statement; the test's deadline ends a wait in vain. */
async function running(wanted: number): Promise<void> {
  for (;;) {
    const [row] = await gateway.database.query(
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename LIKE 'app\\_%' AND state <> 'idle'",
    );
    if (row?.n === wanted) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('a role of the token is acted as, one that it does not hold is refused', async () => {
  const statement = 'SELECT session_user::text';
  expect(await (await post({ statement, role: 'readonly' })).json()).toMatchObject({
    rows: [['app_readonly']],
  });
  const refused = await post({ statement, role: 'admin' });
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({ code: 'role_not_granted' });
});

test('B05 H09 a caller that goes away takes the running statement along', async () => {
  const gone = new AbortController();
  const asked = post({ statement: 'SELECT pg_sleep(600)' }, { signal: gone.signal }).catch(() => 'gone');
  await running(1);
  gone.abort();
  expect(await asked).toBe('gone');
  await running(0);
});

test('B05 a caller that goes away in the middle of a stream ends it on the database', async () => {
  const gone = new AbortController();
  const answer = await post(
    { statement: "SELECT repeat('x', 1000), generate_series(1, 1000000000)" },
    { accept: 'text/csv', signal: gone.signal },
  );
  await answer.body?.getReader().read();
  gone.abort();
  await running(0);
});

test('H09 a caller that does not read holds the database back instead of filling our memory', async () => {
  const gone = new AbortController();
  const answer = await post(
    { statement: "SELECT repeat('x', 100000), generate_series(1, 1000000)" },
    { accept: 'text/csv', signal: gone.signal },
  );
  const reader = answer.body?.getReader();
  await reader?.read();
  // The whole of it is 100 GB: the backend waits for us between two portions, and none of its statements is done.
  await running(1);
  gone.abort();
  await running(0);
});

test('rows of two megabytes stream in any number', async () => {
  const statement = "SELECT repeat('x', 2000000) FROM generate_series(1, 30)";
  const answer = await post({ statement }, { accept: 'application/x-ndjson' });
  expect(JSON.parse(await lastLine(answer))).toEqual({ rowCount: 30, truncated: false });
});

test('disabling a person ends their running query, and their token is worthless at once', async () => {
  token = (await gateway.tokens('admin', { scope: 'db:authdb:readonly' })).accessToken;
  const answer = await post(
    { statement: "SELECT repeat('x', 1000), generate_series(1, 1000000000)" },
    { accept: 'application/x-ndjson' },
  );
  const reading = lastLine(answer);
  await gateway.operator('users', 'disable', 'admin@example.com');
  expect(JSON.parse(await reading)).toMatchObject({ error: { code: 'access_revoked' } });
  await running(0);
  expect((await post({ statement: 'SELECT 1' })).status).toBe(401);
});

/** Reads an answer of any length and keeps its end. */
async function lastLine(answer: Response): Promise<string> {
  let end = '';
  for await (const chunk of answer.body ?? []) end = (end + Buffer.from(chunk).toString()).slice(-4096);
  return end.trimEnd().split('\n').at(-1) ?? '';
}
