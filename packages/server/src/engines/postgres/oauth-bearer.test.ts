import { duplexPair } from 'node:stream';
import { expect, test } from 'vitest';
import type { Door } from '../engine.ts';
import { readExactly } from '../framing/index.ts';
import { parseErrorResponse } from './error-response.ts';
import { postgresEngine } from './index.ts';
import { cStrings, int32, message, startupMessage } from './messages.ts';

const door: Door = { name: 'postgres', clearTextAllowed: true, issuer: 'https://access.example.com' };

/** A client at the door that asked for OAUTHBEARER, and what the door makes of it. */
async function asked(given: Partial<Door> = {}, database = 'authdb') {
  const [client, served] = duplexPair();
  const outcome = postgresEngine.accept(served, { ...door, ...given });
  const parameters = { user: 'ann', database, options: '-c authMethod=oauth' };
  client.write(startupMessage(0x0003_0000, Object.entries(parameters)));
  const receive = async () => {
    const header = await readExactly(client, 5);
    if (header === 'ended') throw new Error('the door is closed');
    const body = await readExactly(client, header.readUInt32BE(1) - 4);
    if (body === 'ended') throw new Error('a message was cut');
    return { type: String.fromCharCode(header.readUInt8(0)), body };
  };
  const send = (body: Buffer) => client.write(message(0x70, body));
  return { client, outcome, receive, send };
}

/** SASLInitialResponse; without data, a client waits for the server to say something first. */
function initial(data: string | undefined, mechanism = 'OAUTHBEARER'): Buffer {
  const response = Buffer.from(data ?? '', 'latin1');
  return Buffer.concat([cStrings(mechanism), int32(data === undefined ? -1 : response.length), response]);
}

const saslRequest = Buffer.concat([int32(10), cStrings('OAUTHBEARER', '')]);
const withToken = 'n,,\u0001auth=Bearer gwt_token\u0001\u0001';
const withoutToken = 'n,,\u0001auth=\u0001\u0001';

test.for([
  ['as libpq does', withToken],
  [
    'with other parameters, and the scheme in small letters',
    'y,,\u0001host=a\u0001auth=bearer gwt_token\u0001\u0001',
  ],
])('a client gives its token %s, and nothing is said until it is looked at', async ([, response = '']) => {
  const { client, outcome, receive, send } = await asked();
  expect(await receive()).toEqual({ type: 'R', body: saslRequest });
  send(initial(response));
  const accepted = await outcome;
  if (accepted.kind !== 'login') throw new Error(`not a login: ${accepted.kind}`);
  expect(accepted.client.credential.reveal()).toBe('gwt_token');
  expect(client.read()).toBeNull();
});

test('a client that sends nothing with the mechanism is asked for it', async () => {
  const { outcome, receive, send } = await asked();
  await receive();
  send(initial(undefined));
  expect(await receive()).toEqual({ type: 'R', body: int32(11) });
  send(Buffer.from(withToken));
  expect(await outcome).toMatchObject({ kind: 'login' });
});

test.for([
  ['authdb', { scope: 'db:authdb' }],
  ['a b"', {}],
  ['', {}],
] as const)(
  'a client without a token for %j is told where to get one, and that is no failed login',
  async ([database, scope]) => {
    const { outcome, receive, send } = await asked({}, database);
    await receive();
    send(initial(withoutToken));
    const challenge = await receive();
    expect(challenge.type).toBe('R');
    expect(challenge.body.readInt32BE(0)).toBe(11);
    expect(JSON.parse(challenge.body.toString('utf8', 4))).toEqual({
      status: 'invalid_token',
      'openid-configuration': 'https://access.example.com/.well-known/openid-configuration',
      ...scope,
    });
    send(Buffer.of(1));
    const error = await receive();
    expect(error.type).toBe('E');
    expect(parseErrorResponse(error.body)).toMatchObject({ sqlstate: '28000' });
    expect(await outcome).toEqual({ kind: 'left' });
  },
);

test.for([
  ['another mechanism', initial(withToken, 'SCRAM-SHA-256')],
  ['a password', cStrings('gwt_token')],
  [
    'a length that is not that of the data',
    Buffer.concat([cStrings('OAUTHBEARER'), int32(5), Buffer.from('n,,')]),
  ],
  ['channel binding', initial('p=tls-exporter,,\u0001auth=\u0001\u0001')],
  ['somebody to act for', initial('n,a=admin,\u0001auth=Bearer gwt_token\u0001\u0001')],
  ['no end', initial('n,,\u0001auth=Bearer gwt_token\u0001')],
  ['two tokens', initial('n,,\u0001auth=Bearer a\u0001auth=Bearer b\u0001\u0001')],
  ['no auth', initial('n,,\u0001host=a\u0001\u0001')],
  ['a token with a space', initial('n,,\u0001auth=Bearer a b\u0001\u0001')],
  ['another scheme', initial('n,,\u0001auth=Basic YTpi\u0001\u0001')],
] as const)('%s is refused', async ([, bytes]) => {
  const { outcome, receive, send } = await asked();
  await receive();
  send(bytes);
  expect((await receive()).type).toBe('E');
  expect(await outcome).toMatchObject({ kind: 'refused', refusal: { code: 'protocol_violation' } });
});

test('a client in the clear is refused before it is asked, as for a password', async () => {
  const { outcome, receive } = await asked({ clearTextAllowed: false });
  expect((await receive()).type).toBe('E');
  expect(await outcome).toMatchObject({ kind: 'refused', refusal: { code: 'token_unsafe_transport' } });
});

test('who is signed in by a certificate is not asked', async () => {
  const { outcome } = await asked({ signedIn: () => true });
  expect(await outcome).toMatchObject({ kind: 'login' });
});
