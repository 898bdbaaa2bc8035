import pg from 'pg';
import postgres from 'postgres';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  bind,
  bytesOf,
  copyData,
  copyDone,
  execute,
  parse,
  query,
  sync,
} from '../../../../../tests/support/postgres-messages.ts';
import { RawPostgres } from '../../../../../tests/support/raw-postgres.ts';
import {
  cutAnywhere,
  inPieces,
  recordTurns,
  saidBy,
  type Turn,
} from '../../../../../tests/support/recorded-conversation.ts';
import { relayFixture, relayLogin } from '../../../../../tests/support/relay-fixture.ts';
import type { FinishedStatement } from '../engine.ts';
import { FrameScanner } from '../relaying/index.ts';
import { ClientMessages } from './client-messages.ts';
import { Conversation } from './conversation.ts';
import { frameLayout } from './frame-layout.ts';
import { ServerMessages } from './server-messages.ts';

const fixture = relayFixture();

beforeAll(async () => {
  // The raw client knows only the clear password.
  await fixture.server.hba([`host all ${relayLogin.login} 127.0.0.1/32 password`]);
});

/** Records what a client and the real server say to each other after the login. */
async function record(use: (port: number) => Promise<void>): Promise<readonly Turn[]> {
  const turns = await recordTurns(fixture.server, use);
  // The first ReadyForQuery ends the login; the relay begins behind it.
  const welcomed = turns.findIndex(({ from, bytes }) => from === 'server' && bytes.includes('Z\0\0\0\x05I'));
  return turns.slice(welcomed + 1);
}

/** What a relay makes of a conversation: the bytes that go on, and the records. */
function relayed(turns: readonly Turn[]) {
  const records: Omit<FinishedStatement, 'durationMs'>[] = [];
  const talk = new Conversation({
    wantsParameters: true,
    finished: ({ durationMs: _, ...statement }) => void records.push(statement),
  });
  const clientMessages = new ClientMessages(talk, { wantsParameters: true, finished: () => {} }, 'utf8');
  const scanners = {
    client: new FrameScanner(frameLayout, clientMessages),
    server: new FrameScanner(frameLayout, new ServerMessages(talk, new Map(), true, () => {})),
  };
  const through = { client: [] as Buffer[], server: [] as Buffer[] };
  for (const { from, bytes } of turns) through[from].push(scanners[from].push(bytes));
  return {
    client: Buffer.concat(through.client).toString('latin1'),
    server: Buffer.concat(through.server).toString('latin1'),
    records,
    idle: talk.idle && scanners.client.atBorder && scanners.server.heldBytes === 0,
    end: clientMessages.verdict?.kind,
  };
}

const target = (port: number) =>
  `postgres://${relayLogin.login}:${relayLogin.password}@127.0.0.1:${port}/postgres`;

const clients: readonly [who: string, use: (port: number) => Promise<void>][] = [
  [
    'node-postgres with names, parameters, errors and a transaction',
    async (port) => {
      const client = new pg.Client({ connectionString: target(port) });
      await client.connect();
      await client.query({ name: 'n', text: 'select $1::text as "é", $2::int', values: ['ü€', 5] });
      await client.query({ name: 'n', text: 'select $1::text as "é", $2::int', values: [null, 6] });
      await client.query('selekt $1', [1]).catch(() => {});
      await client.query('begin');
      await client.query('select 1; select generate_series(1, 30); select 1/0').catch(() => {});
      await client.query('rollback');
      await client.query("select repeat('x', 3000)");
      await client.query('set client_encoding to utf8; set application_name to a');
      await client.end();
    },
  ],
  [
    'postgres.js with a pipeline',
    async (port) => {
      const sql = postgres(target(port), { max: 1 });
      await Promise.all(Array.from({ length: 5 }, (_, n) => sql`select ${n}::int`));
      await sql.end();
    },
  ],
  [
    'a raw client with COPY both ways and a portal in portions',
    async (port) => {
      const { client } = await RawPostgres.connect({
        host: '127.0.0.1',
        port,
        user: relayLogin.login,
        database: 'postgres',
        password: relayLogin.password,
      });
      client.write(bytesOf(query('create temp table c (n int)')));
      await client.readUntilReady();
      client.write(bytesOf(parse('', 'copy c from stdin'), bind('', ''), execute(''), sync));
      while ((await client.read()).type !== 'G');
      client.write(bytesOf(copyData('1\n2\n'), copyData('3\n'), copyDone, sync));
      await client.readUntilReady();
      client.write(bytesOf(query('copy c to stdout')));
      await client.readUntilReady();
      client.write(
        bytesOf(parse('p', 'select * from c'), bind('w', 'p'), execute('w', 2), execute('w'), sync),
      );
      await client.readUntilReady();
      client.close();
    },
  ],
];

describe.each(clients)('the conversation of %s', (_, use) => {
  let turns: readonly Turn[];
  let whole: ReturnType<typeof relayed>;

  beforeAll(async () => {
    turns = await record(use);
    whole = relayed(turns);
  });

  test('goes through byte for byte, and ends idle', () => {
    for (const side of ['client', 'server'] as const) {
      const said = saidBy(side, turns);
      const heard = whole.end === 'terminated' && side === 'client' ? said.subarray(0, -5) : said;
      expect(whole[side]).toBe(heard.toString('latin1'));
    }
    expect(whole.idle).toBe(true);
    expect(whole.records.length).toBeGreaterThanOrEqual(4);
  });

  test('A11 is the same when each turn is cut in two at any byte', () => {
    for (const { where, cut } of cutAnywhere(turns)) expect(relayed(cut), where).toEqual(whole);
  });

  test.each([1, 2, 3, 5, 7, 64])('A11 is the same in pieces of %i bytes', (size) => {
    expect(relayed(inPieces(turns, size))).toEqual(whole);
  });
});
