import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { psql } from '../support/psql.ts';

let gateway: TestGateway;
let token: string;
beforeAll(async () => {
  gateway = await startGateway({ config: { tokens: { access: '3s' } } });
  token = (await gateway.tokens('viewer')).accessToken;
});
afterAll(() => gateway?.stop());

/** Connections of our logins that the database has ever seen; a bad request must not add one. */
async function upstreamSessions(): Promise<number> {
  const rows = await gateway.database.query(
    "SELECT sessions::int AS n FROM pg_stat_database WHERE datname = 'authdb'",
  );
  return Number(rows[0]?.n);
}

function int32(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) buffer.writeInt32BE(value, at * 4);
  return buffer;
}

function startup(parameters: string, protocol = 196_608): Buffer {
  const body = Buffer.from(parameters);
  return Buffer.concat([int32(8 + body.length, protocol), body]);
}

const loginPacket = startup('user\0me\0database\0authdb\0\0');

/** Sends bytes, waits until the other side closes, gives what it said. At most 20 seconds: the deadline is 15. */
async function say(port: number, ...pieces: readonly (Buffer | string)[]): Promise<Buffer> {
  const heard: Buffer[] = [];
  await new Promise<void>((resolve) => {
    const socket: Socket = connect(port, '127.0.0.1', () => {
      for (const piece of pieces) socket.write(piece);
    });
    socket.setTimeout(20_000, () => socket.destroy());
    socket.on('data', (chunk) => heard.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => resolve());
  });
  return Buffer.concat(heard);
}

/** Sends a byte of what it has to say every half second, until the other side closes. */
async function trickle(port: number, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    let sent = 0;
    const timer = setInterval(() => {
      socket.write(bytes.subarray(sent, sent + 1));
      sent += 1;
    }, 500);
    socket.resume().on('close', () => {
      clearInterval(timer);
      resolve();
    });
  });
}

describe('a login that cannot be', () => {
  const logins: Readonly<Record<string, [() => Promise<Parameters<typeof psql>[1]>, RegExp]>> = {
    'a wrong token': [async () => ({ token: `gwt_${'A'.repeat(43)}` }), /FATAL: .*not valid any more/],
    'no token': [async () => ({ token: 'x' }), /FATAL: .*not valid any more/],
    'A15 a token of 8 KiB, which is read whole,': [
      async () => ({ token: `gwt_${'A'.repeat(8_188)}` }),
      /FATAL: .*not valid any more/,
    ],
    'A15 a token of 100 KB': [
      async () => ({ token: 'A'.repeat(100_000) }),
      /FATAL: |server closed the connection/,
    ],
    'another database': [async () => ({ token, database: 'postgres' }), /FATAL: .*for another database/],
    'a role that the token does not hold, and no rule gives': [
      async () => ({
        token: (await gateway.tokens('viewer')).accessToken,
        user: 'admin',
        env: { PGOPTIONS: '-c role=app_admin' },
      }),
      /FATAL: .*not offered/,
    ],
    'a session authorization at the start': [
      async () => ({ token, env: { PGOPTIONS: '-c session_authorization=postgres' } }),
      /FATAL: .*not offered/,
    ],
  };
  test.each(Object.entries(logins))(
    '%s is refused in one clear sentence, and touches no database',
    async (_, [options, sentence]) => {
      const before = await upstreamSessions();
      const end = await psql(gateway, await options(), 'SELECT 1');
      expect(end.code).toBe(2);
      expect(end.stderr).toMatch(sentence);
      expect(await upstreamSessions()).toBe(before);
    },
  );

  test('an expired token is refused', async () => {
    const { accessToken } = await gateway.tokens('viewer');
    expect((await psql(gateway, { token: accessToken }, 'SELECT 1')).stdout).toBe('1');
    await expect
      .poll(async () => (await psql(gateway, { token: accessToken }, 'SELECT 1')).stderr, { timeout: 20_000 })
      .toContain('not valid any more');
  });

  test('A14 whoever has no good token is told the same, whatever they name and whatever the token was', async () => {
    const { accessToken: revoked } = await gateway.tokens('viewer');
    await gateway.post('revoke', { token: revoked, client_id: 'app' });
    const { accessToken: expired } = await gateway.tokens('viewer');
    await expect
      .poll(async () => (await psql(gateway, { token: expired }, 'SELECT 1')).code, { timeout: 20_000 })
      .toBe(2);
    const unknown = `gwt_${'A'.repeat(43)}`;
    const answers = await Promise.all(
      [unknown, revoked, expired, 'no token at all'].flatMap((text) =>
        ['authdb', 'postgres', 'nowhere'].flatMap((database) =>
          ['me', 'readonly', 'app_readonly', 'nobody'].map(async (user) => {
            const packet = startup(`user\0${user}\0database\0${database}\0\0`);
            const body = Buffer.from(`${text}\0`);
            const heard = await say(
              gateway.port,
              Buffer.concat([packet, Buffer.from('p'), int32(body.length + 4), body]),
            );
            return heard.toString('latin1');
          }),
        ),
      ),
    );
    expect(answers[0]).toContain('not valid any more');
    expect(new Set(answers).size).toBe(1);
  });

  test('a person without any rule gets no consent page that could be allowed', async () => {
    const own = await startGateway({
      database: {
        roles: {
          only: { login: 'app_readonly', password: 'env:TEST_READONLY', allow: { groups: ['nobody'] } },
        },
      },
      config: {
        clients: {
          app: { name: 'App', redirectUris: ['https://app.example/callback'], scopes: ['db:authdb'] },
        },
      },
    });
    try {
      const person = own.person('viewer');
      const signIn = await person.open(own.request({ scope: 'db:authdb' }).url);
      const consent = signIn.kind === 'page' ? await person.signIn(signIn) : signIn;
      expect(consent.kind === 'page' && consent.html).toContain('No rule gives you this access');
      expect(consent.kind === 'page' && consent.html).not.toContain('value="allow"');
    } finally {
      await own.stop();
    }
  });
});

describe('bytes that are no login', () => {
  const junk: Readonly<Record<string, readonly (Buffer | string)[]>> = {
    'a length of 0': [int32(0)],
    'a length of 3': [int32(3)],
    'a length of 7': [int32(7), Buffer.alloc(3)],
    'a length of 10001': [int32(10_001, 196_608), Buffer.alloc(9_993, 'a')],
    'a length of 2 GiB': [int32(2 ** 31 - 1, 196_608)],
    'a negative length': [int32(-1, 196_608)],
    'an unknown protocol': [startup('user\0me\0\0', 999_999_999)],
    'parameters without an end': [startup('user\0me')],
    'an odd number of strings': [startup('user\0me\0database\0\0')],
    'an empty parameter name': [startup('\0value\0user\0me\0\0')],
    'two users': [startup('user\0me\0user\0you\0database\0authdb\0\0')],
    'ten thousand parameters': [startup(`user\0me\0${'a\0b\0'.repeat(2_400)}\0`)],
    'a second start-up packet instead of a password': [loginPacket, loginPacket],
    'a query instead of a password': [loginPacket, Buffer.from('Q\0\0\0\x0dSELECT 1\0')],
    'a password message that says it has a gigabyte': [loginPacket, Buffer.from('p'), int32(2 ** 30)],
    'clear bytes behind an SSLRequest': [Buffer.concat([int32(8, 80_877_103), loginPacket])],
    'two SSLRequests': [int32(8, 80_877_103), int32(8, 80_877_103)],
    'A16 an HTTP request': ['GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    SMTP: ['EHLO example.com\r\n'],
    'a TLS greeting of another protocol': [Buffer.from('16030100050100000100', 'hex')],
  };
  test.each(Object.entries(junk))(
    '%s: answered in the protocol or closed, and no database is touched',
    async (_, pieces) => {
      const before = await upstreamSessions();
      const heard = await say(gateway.port, ...pieces);
      expect(heard.length).toBeLessThan(2_000);
      expect(heard.toString('latin1')).not.toMatch(/HTTP\/|Error:|node:|at .*\.ts/);
      const errors = heard.toString('latin1').match(/SFATAL\0/g) ?? [];
      expect(errors.length).toBeLessThanOrEqual(1);
      expect(await upstreamSessions()).toBe(before);
      expect(
        (await psql(gateway, { token: (await gateway.tokens('viewer')).accessToken }, 'SELECT 1')).stdout,
      ).toBe('1');
    },
  );

  test('PostgreSQL and TLS bytes at the HTTP door get an HTTP error or nothing', async () => {
    const { port } = new URL(gateway.issuer);
    for (const bytes of [loginPacket, Buffer.from('16030100050100000100', 'hex')]) {
      const heard = (await say(Number(port), bytes)).toString('latin1');
      expect(heard === '' || heard.startsWith('HTTP/1.1 400')).toBe(true);
    }
  });

  test('A04 a client that says nothing, or a byte now and then, is let go, and does not hold up the others', async () => {
    const before = performance.now();
    const silent = Array.from({ length: 50 }, (_, n) =>
      n % 2 === 0 ? say(gateway.port, loginPacket.subarray(0, 3)) : trickle(gateway.port, loginPacket),
    );
    const { accessToken } = await gateway.tokens('viewer');
    expect((await psql(gateway, { token: accessToken }, 'SELECT 1')).stdout).toBe('1');
    await Promise.all(silent);
    expect(performance.now() - before).toBeLessThan(20_000);
  });
});

test('J07 each refused login is in the audit log, without the token', async () => {
  const { stdout } = await gateway.operator('audit', 'tail', '--json', '--lines', '500');
  const refused = stdout.split('\n').filter((line) => line.includes('"door_refused"'));
  expect(refused.length).toBeGreaterThan(10);
  expect(stdout).not.toContain('gwt_');
});
