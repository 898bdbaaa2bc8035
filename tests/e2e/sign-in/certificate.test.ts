import { once } from 'node:events';
import { request } from 'node:https';
import { connect } from 'node:tls';
import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type CertificateGateway, startCertificateGateway } from '../../support/certificate-gateway.ts';
import { type CertificatePair, makeAuthority } from '../../support/certificates.ts';
import { runProgram } from '../../support/psql.ts';

let place: CertificateGateway;
let ann: CertificatePair;
let bob: CertificatePair;
const open: (() => unknown)[] = [];

beforeAll(async () => {
  place = await startCertificateGateway();
  ann = await place.authority.issueClient('ann, OU=editor, O=Example');
  bob = await place.authority.issueClient('bob, OU=viewer');
});
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});
afterAll(() => place?.stop());

/** TLS as a client does it; without a pair it shows no certificate. */
function tlsOf(pair: CertificatePair | undefined) {
  const ca = place.authority.certificate;
  return pair === undefined ? { ca } : { ca, cert: pair.certificate, key: pair.privateKey };
}

async function postgres(
  pair: CertificatePair | undefined,
  options: pg.ClientConfig = {},
  door: 'postgres' | 'redshift' = 'postgres',
): Promise<pg.Client> {
  const database = door === 'postgres' ? 'authdb' : 'warehouse';
  const client = new pg.Client({
    host: '127.0.0.1',
    port: place.port(door),
    user: 'me',
    database,
    password: '',
    ssl: tlsOf(pair),
    ...options,
  });
  client.on('error', () => {});
  open.push(() => client.end().catch(() => {}));
  await client.connect();
  return client;
}

async function redis(pair: CertificatePair | undefined): Promise<Redis> {
  const client = new Redis({
    host: '127.0.0.1',
    port: place.port('redis'),
    tls: tlsOf(pair),
    lazyConnect: true,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
  });
  client.on('error', () => {});
  open.push(() => client.disconnect());
  await client.connect();
  return client;
}

/** A query over HTTP. */
function query(
  pair: CertificatePair | undefined,
  database: string,
  body: object,
): Promise<{ readonly status: number | undefined; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const url = `${place.issuer}/api/v1/databases/${database}/query`;
    const headers = { 'content-type': 'application/json' };
    const asking = request(
      url,
      { method: 'POST', headers, agent: false, ...tlsOf(pair) },
      async (response) => {
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) text += chunk;
        resolve({ status: response.statusCode, body: text });
      },
    );
    asking.on('error', reject);
    asking.end(JSON.stringify(body));
  });
}

test('a certificate is the sign-in at the PostgreSQL door, with the role of its groups', async () => {
  const client = await postgres(ann);
  expect((await client.query('SELECT session_user AS login')).rows).toEqual([{ login: 'app_readwrite' }]);
  const viewer = await postgres(bob);
  expect((await viewer.query('SELECT session_user AS login')).rows).toEqual([{ login: 'app_readonly' }]);
});

test('the user name picks a role among those that the holder has, and gives no other', async () => {
  const client = await postgres(ann, { user: 'readonly' });
  expect((await client.query('SELECT session_user AS login')).rows).toEqual([{ login: 'app_readonly' }]);
  const viewer = await postgres(bob, { user: 'readwrite' });
  expect((await viewer.query('SELECT session_user AS login')).rows).toEqual([{ login: 'app_readonly' }]);
});

test('psql connects without a password', async () => {
  const { certificate, privateKey } = await place.files(ann, 'ann');
  const env = {
    PATH: process.env.PATH,
    PGHOST: '127.0.0.1',
    PGPORT: String(place.port('postgres')),
    PGDATABASE: 'authdb',
    PGUSER: 'me',
    PGSSLMODE: 'require',
    PGSSLCERT: certificate,
    PGSSLKEY: privateKey,
  };
  const end = await runProgram('psql', ['-XAtw', '-c', 'SELECT session_user'], env);
  expect(end).toEqual({ code: 0, stdout: 'app_readwrite', stderr: '' });
});

test('a certificate is the sign-in at the Redshift door', async () => {
  const client = await postgres(ann, {}, 'redshift');
  expect((await client.query('SELECT session_user AS login')).rows).toEqual([{ login: 'app_readwrite' }]);
});

test.each(['', 'what a program insists on sending'])(
  'a certificate is the sign-in at the MySQL door, whatever the password is (%j)',
  async (password) => {
    const client = await createConnection({
      host: '127.0.0.1',
      port: place.port('mysql'),
      user: 'me',
      database: 'shop',
      password,
      ssl: tlsOf(ann),
    });
    open.push(() => client.destroy());
    const [rows] = await client.query('SELECT CURRENT_USER() AS login');
    expect(rows).toEqual([{ login: 'shop_reader@%' }]);
  },
);

test('a certificate is the sign-in at the Redis door, where no AUTH is needed then', async () => {
  const client = await redis(ann);
  expect(await client.get('colour')).toBe('blue');
  await expect(client.set('colour', 'red')).rejects.toThrow('NOPERM');
  expect(await client.call('AUTH', 'anything')).toBe('OK');
  expect(await client.call('HELLO', '2')).toContain('proto');
  const stranger = connect({ host: '127.0.0.1', port: place.port('redis'), ...tlsOf(undefined) });
  open.push(() => stranger.destroy());
  stranger.write('GET colour\r\n');
  const [answer] = await once(stranger, 'data');
  expect(String(answer)).toBe('-NOAUTH Authentication required.\r\n');
});

test('a certificate is the sign-in of the query API', async () => {
  const answer = await query(ann, 'authdb', { statement: 'SELECT session_user AS login' });
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.body)).toMatchObject({ rows: [['app_readwrite']] });
  expect(await query(ann, 'cache', { command: ['GET', 'colour'] })).toMatchObject({ status: 200 });
  expect(await query(ann, 'shop', { statement: 'SELECT 1' })).toMatchObject({ status: 200 });
  expect(await query(undefined, 'authdb', { statement: 'SELECT 1' })).toMatchObject({ status: 401 });
});

test('what no configured authority vouches for is no sign-in', async () => {
  const stranger = await makeAuthority('People');
  const forged = await stranger.issueClient('ann, OU=editor');
  await expect(postgres(forged)).rejects.toThrow('Sign in first');
  expect(await query(forged, 'authdb', { statement: 'SELECT 1' })).toMatchObject({ status: 401 });
  const server = await place.authority.issue(['ann']);
  await expect(postgres(server)).rejects.toThrow('Sign in first');
  await expect(postgres(undefined)).rejects.toThrow('Sign in first');
});

test('a certificate that names two people, or nobody, is no sign-in', async () => {
  const two = await place.authority.issueClient('ann, CN=bob');
  await expect(postgres(two)).rejects.toThrow('Your certificate does not sign you in here');
  const hidden = await place.authority.issueClient('ann\u202e');
  await expect(postgres(hidden)).rejects.toThrow('Your certificate does not sign you in here');
});

test('a token that was given counts, and not the certificate beside it', async () => {
  await expect(postgres(ann, { options: `-c authToken=gwt_${'x'.repeat(43)}` })).rejects.toThrow(
    'This access token is not valid any more',
  );
});

test('somebody who is disabled is out at once, with live sessions, and is in again when enabled', async () => {
  const client = await postgres(ann);
  const ended = new Promise((resolve) => client.once('end', resolve));
  await place.disable('card:ann');
  await ended;
  await expect(postgres(ann)).rejects.toThrow('Your account is disabled');
  await place.enable('card:ann');
  await postgres(ann);
});

test('a new revocation list ends live sessions and keeps the certificate out; others stay', async () => {
  const carl = await place.authority.issueClient('carl, OU=editor');
  const [client, other, cache] = [await postgres(carl), await postgres(ann), await redis(carl)];
  const ended = Promise.all([
    new Promise((resolve) => client.once('end', resolve)),
    new Promise((resolve) => cache.once('end', resolve)),
  ]);
  await place.revoke([carl]);
  await ended;
  await expect(postgres(carl)).rejects.toThrow('Sign in first');
  expect(await query(carl, 'authdb', { statement: 'SELECT 1' })).toMatchObject({ status: 401 });
  expect((await other.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await postgres(ann);
});

test('a revocation list that is garbled or out of date lets nobody in, the latter ends live sessions, and a good one lets in again', async () => {
  const outcome = () =>
    postgres(ann).then(
      () => 'in',
      (thrown: Error) => thrown.message.slice(0, 13),
    );
  await place.spoilList();
  await expect.poll(outcome).toBe('Sign in first');
  await place.revoke([]);
  await expect.poll(outcome).toBe('in');
  const live = await postgres(ann);
  const ended = new Promise((resolve) => live.once('end', resolve));
  await place.revoke([], new Date(Date.now() - 1_000));
  await ended;
  await expect.poll(outcome).toBe('Sign in first');
  expect(await query(ann, 'authdb', { statement: 'SELECT 1' })).toMatchObject({ status: 401 });
  await place.revoke([]);
  await expect.poll(outcome).toBe('in');
});
