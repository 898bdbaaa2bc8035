import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GrantwayError } from '../errors.ts';
import { discover } from '../gateway.ts';
import { openKeyRing } from '../sealing/index.ts';
import { memoryStorage } from '../store/index.ts';
import { type ConsentRecords, consentRecords } from './consent-records.ts';
import type { Holder, KeptConsent } from './kept-consent.ts';
import { createTokenKeeper, type TokenKeeper, type TokenOutcome } from './token-keeper.ts';

// A token endpoint that answers as each test says, and does what no real gateway would. The network is real.
type Answer = (response: ServerResponse) => unknown;

let server: Server;
let issuer: string;
/** Of the token endpoint, in order; without one it answers 500. */
let answers: Answer[];
/** The refresh tokens that came. */
let spent: (string | null)[];
let records: ConsentRecords;
let reconnects: Holder[];
let keeper: TokenKeeper;

beforeEach(async () => {
  [answers, spent, reconnects] = [[], [], []];
  server = createServer(async (request, response) => {
    if (request.url === '/.well-known/openid-configuration')
      return json(200, { issuer, token_endpoint: `${issuer}/token` })(response);
    let text = '';
    for await (const chunk of request) text += String(chunk);
    spent.push(new URLSearchParams(text).get('refresh_token'));
    return await (answers.shift() ?? json(500, {}))(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const keys = { k1: randomBytes(32).toString('base64') };
  records = consentRecords({ issuer, clientId: 'app' }, memoryStorage(), () =>
    openKeyRing({ current: 'k1', keys }),
  );
  keeper = makeKeeper();
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

/** Another one on the same records is what another process has. */
function makeKeeper(gateway = () => discover(issuer, 'app')): TokenKeeper {
  return createTokenKeeper({ records, gateway, onNeedsReconnect: (holder) => reconnects.push(holder) });
}

const holder: Holder = { subject: 'local:ada', database: 'authdb' };
const connection = {
  database: 'authdb',
  role: 'readonly',
  engine: 'postgres',
  host: '127.0.0.1',
  port: 15432,
  username: 'readonly',
};
const life = 900_000;

/** A consent whose token has this share of its life before it. */
function consent(left: number, more: Partial<KeptConsent> = {}): KeptConsent {
  const expiresAt = Date.now() + left * life;
  return {
    state: 'live',
    accessToken: 'old',
    refreshToken: 'r1',
    issuedAt: expiresAt - life,
    expiresAt,
    connection,
    name: 'Ada',
    ...more,
  };
}

function json(status: number, body: unknown): Answer {
  return (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const successor = (n: number): Answer =>
  json(200, { access_token: `new${n}`, token_type: 'bearer', expires_in: 900, refresh_token: `r${n}` });
const refused = (error: string): Answer => json(400, { error });
const reset: Answer = (response) => response.socket?.resetAndDestroy();
const cutOff: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
  response.write('{"access_token":"ne');
  response.socket?.end();
};

const tokenOf = (outcome: TokenOutcome) =>
  outcome.outcome === 'fresh' ? outcome.accessToken : outcome.outcome;
const ask = async (rejected?: string) => tokenOf(await keeper.token(holder, rejected));
const codeOf = async (work: Promise<unknown>) =>
  await work.then(
    () => undefined,
    (thrown: unknown) => (thrown instanceof GrantwayError ? thrown.code : thrown),
  );

describe('a token', () => {
  test.each([
    ['half of its life', 0.5, 'old'],
    ['a little more than the margin', 0.21, 'old'],
    ['less than half of the margin', 0.09, 'new2'],
    ['nothing', -0.1, 'new2'],
  ])('with %s before it is used or renewed', async (_, left, expected) => {
    await records.write(holder, consent(left));
    answers = [successor(2)];
    expect(await ask()).toBe(expected);
    expect(spent).toEqual(expected === 'old' ? [] : ['r1']);
  });

  test('that a server has refused is renewed, however long it would live', async () => {
    await records.write(holder, consent(1));
    answers = [successor(2)];
    expect(await ask('old')).toBe('new2');
    // Somebody who comes late with the same one is given what there is by now.
    expect(await ask('old')).toBe('new2');
    expect(spent).toEqual(['r1']);
  });

  test('comes with its successor noted, and where to connect', async () => {
    await records.write(holder, consent(0));
    answers = [successor(2)];
    expect(await keeper.token(holder)).toMatchObject({ outcome: 'fresh', connection, name: 'Ada' });
    expect(await records.read(holder)).toMatchObject({
      state: 'live',
      accessToken: 'new2',
      refreshToken: 'r2',
    });
  });

  test('of nobody is not there', async () => {
    expect(await ask()).toBe('not-connected');
    expect(spent).toEqual([]);
  });
});

describe('one renewal', () => {
  test('is enough for everybody in a process, and for several processes', async () => {
    await records.write(holder, consent(0));
    answers = [successor(2), successor(3)];
    const others = [makeKeeper(), makeKeeper()];
    const given = await Promise.all(
      [keeper, ...others].flatMap((one) =>
        Array.from({ length: 5 }, async () => tokenOf(await one.token(holder))),
      ),
    );
    expect(new Set(given)).toEqual(new Set(['new2']));
    expect(spent).toEqual(['r1']);
  });

  test.each<readonly [string, Answer]>([
    ['503', json(503, {})],
    ['500', json(500, { error: 'server_error' })],
    ['429', json(429, { error: 'slow_down' })],
    ['a reset connection', reset],
    ['half an answer', cutOff],
  ])('is tried again with the same refresh token after %s', async (_, failure) => {
    await records.write(holder, consent(0));
    answers = [failure, failure, successor(2)];
    expect(await ask()).toBe('new2');
    expect(spent).toEqual(['r1', 'r1', 'r1']);
    expect(reconnects).toEqual([]);
  });

  test('that failed leaves the record as it was, and free for the next', async () => {
    await records.write(holder, consent(0));
    answers = [refused('invalid_client'), successor(2)];
    expect(await codeOf(ask())).toBe('refused');
    expect(await ask()).toBe('new2');
    expect(spent).toEqual(['r1', 'r1']);
    expect(reconnects).toEqual([]);
  });

  test.each([
    ['is given as long as it lives', 0.05, 'old', undefined],
    ['is not given when it is over', -0.05, undefined, undefined],
    ['is not given when a server has refused it', 0.5, undefined, 'old'],
  ])('is not possible without a gateway: the old token %s', async (_, left, expected, rejected) => {
    await records.write(holder, consent(left));
    const away = makeKeeper(() => Promise.reject(new GrantwayError('network', 'no answer')));
    const outcome = away.token(holder, rejected);
    if (expected === undefined) expect(await codeOf(outcome)).toBe('network');
    else expect(tokenOf(await outcome)).toBe(expected);
    expect(await records.read(holder)).toMatchObject({ state: 'live', refreshToken: 'r1' });
  });

  test('of a process that died is taken over when its lease is over', async () => {
    await records.write(holder, consent(0));
    await records.lock(holder, 'a process that died', 100);
    answers = [successor(2)];
    expect(await ask()).toBe('new2');
  });
});

describe('invalid_grant', () => {
  test('ends the consent, says so once, and asks the gateway no more', async () => {
    await records.write(holder, consent(0));
    answers = [refused('invalid_grant')];
    const another = makeKeeper();
    expect(await Promise.all([ask(), ask(), another.token(holder).then(tokenOf)])).toEqual(
      Array.from({ length: 3 }, () => 'needs-reconnect'),
    );
    expect(await ask()).toBe('needs-reconnect');
    expect(reconnects).toEqual([holder]);
    expect(spent).toEqual(['r1']);
  });

  test('is no end when somebody else has renewed meanwhile', async () => {
    await records.write(holder, consent(0));
    answers = [
      async (response) => {
        await records.write(holder, consent(1, { accessToken: 'theirs', refreshToken: 'r9' }));
        refused('invalid_grant')(response);
      },
    ];
    expect(await ask()).toBe('theirs');
    expect(reconnects).toEqual([]);
    expect(await records.read(holder)).toMatchObject({ state: 'live', refreshToken: 'r9' });
  });

  test('is forgotten when the person connects again', async () => {
    await records.write(holder, consent(0, { state: 'ended' }));
    expect(await ask()).toBe('needs-reconnect');
    await records.write(holder, consent(1, { accessToken: 'again' }));
    expect(await ask()).toBe('again');
  });

  test('is what a consent without a refresh token comes to, without a question', async () => {
    const { refreshToken: _, ...without } = consent(0);
    await records.write(holder, without);
    expect(await ask()).toBe('needs-reconnect');
    expect(spent).toEqual([]);
    expect(reconnects).toEqual([holder]);
  });
});

test('a successor that comes after somebody disconnected is not kept', async () => {
  await records.write(holder, consent(0));
  answers = [
    async (response) => {
      await records.delete(holder);
      successor(2)(response);
    },
  ];
  expect(await ask()).toBe('not-connected');
  expect(await records.read(holder)).toBeUndefined();
});
