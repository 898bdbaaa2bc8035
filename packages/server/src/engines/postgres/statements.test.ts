import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  bind,
  bytesOf,
  cStrings,
  describeStatement,
  execute,
  int16,
  int32,
  parse,
  query,
  sync,
} from '../../../../../tests/support/postgres-messages.ts';
import { sqlstate } from '../../../../../tests/support/raw-postgres.ts';
import { driver, raw, relayFixture } from '../../../../../tests/support/relay-fixture.ts';
import { Refusal } from '../../core/index.ts';

const fixture = relayFixture();

describe('statements of any size', () => {
  test('are recorded up to 64 KiB, with the size and the hash of all of it', async () => {
    const door = await fixture.open();
    const client = await driver(door);
    const long = `select '${'é'.repeat(100_000)}'`;
    await client.query(long);
    await client.query({ text: `${long} || $1`, values: ['x'] });
    await client.end();
    await door.settled();
    const [simple, prepared] = door.statements;
    for (const [record, whole] of [
      [simple, long],
      [prepared, `${long} || $1`],
    ] as const) {
      expect(record?.text.length).toBeLessThanOrEqual(65_536);
      expect(Buffer.byteLength(record?.text ?? '')).toBeGreaterThan(65_530);
      expect(whole.startsWith(record?.text ?? 'x')).toBe(true);
      expect(record?.textBytes).toBe(Buffer.byteLength(whole));
      expect(record?.textHash).toBe(createHash('sha256').update(whole).digest('hex'));
    }
  });

  test('J06 are read in the encoding of the session', async () => {
    const door = await fixture.open();
    const client = await driver(door);
    await client.query("set client_encoding = 'latin1'");
    const query8859 = Buffer.concat([Buffer.from("select 'caf"), Buffer.of(0xe9), Buffer.from("'")]);
    await client.end();
    const socket = await raw(door);
    await socket.query("set client_encoding = 'latin1'");
    socket.send('Q', Buffer.concat([query8859, Buffer.of(0)]));
    await socket.readUntilReady();
    socket.close();
    await door.settled();
    expect(door.statements.at(-1)?.text).toBe("select 'café'");
  });

  test('have their binary parameters shown as text', async () => {
    const door = await fixture.open();
    const client = await raw(door);
    const statement =
      'select $1::int8, $2::bool, $3::uuid, $4::bytea, $5::timestamptz, $6::float8, $7::text, $8::date';
    client.write(bytesOf(parse('t', statement), describeStatement('t'), sync));
    await client.readUntilReady();
    const eight = (write: (bytes: Buffer) => void) => {
      const bytes = Buffer.alloc(8);
      write(bytes);
      return bytes;
    };
    const values: readonly (Buffer | undefined)[] = [
      eight((b) => b.writeBigInt64BE(-9007199254740993n)),
      Buffer.of(1),
      Buffer.from('00112233445566778899aabbccddeeff', 'hex'),
      Buffer.from([0, 255, 10]),
      eight((b) => b.writeBigInt64BE(-1n)),
      eight((b) => b.writeDoubleBE(1.5)),
      undefined,
      int32(8_000),
    ];
    const encoded = values.flatMap((value) =>
      value === undefined ? [int32(-1)] : [int32(value.length), value],
    );
    const body = Buffer.concat([cStrings('', 't'), int16(1), int16(1), int16(8), ...encoded, int16(0)]);
    client.write(bytesOf(['B', body], execute(''), sync));
    await client.readUntilReady();
    client.close();
    await door.settled();
    expect(door.statements.at(-1)?.parameters).toEqual([
      '-9007199254740993',
      't',
      '00112233-4455-6677-8899-aabbccddeeff',
      '\\x00ff0a',
      '1999-12-31T23:59:59.999999Z',
      '1.5',
      null,
      '2021-11-26',
    ]);
  });

  test('with a parameter of many megabytes keep a bounded part of it', async () => {
    const door = await fixture.open();
    const client = await driver(door);
    const { rows } = await client.query('select length($1::text) as n, $2::int as after', [
      'z'.repeat(5_000_000),
      7,
    ]);
    expect(rows).toEqual([{ n: 5_000_000, after: 7 }]);
    await client.end();
    await door.settled();
    const [first, second] = door.statements[0]?.parameters ?? [];
    expect(first?.length).toBeLessThanOrEqual(65_537);
    expect(first?.endsWith('…')).toBe(true);
    expect(second).toBe('…');
  });

  test('B11 that were forgotten among megabytes of others are not run', async () => {
    const door = await fixture.open();
    const client = await raw(door);
    client.write(bytesOf(parse('old', 'select 1'), sync));
    await client.readUntilReady();
    for (let n = 0; n < 200; n += 1) {
      client.write(bytesOf(parse(`junk${n}`, `select '${'j'.repeat(60_000)}'`), sync));
      await client.readUntilReady();
    }
    client.write(bytesOf(bind('', 'old'), execute(''), sync));
    expect(sqlstate(await client.read())).toBe('0A000');
    await door.settled();
  });
});

describe('a strict audit', () => {
  test('J02 forwards nothing of a statement before it is recorded, and keeps the order', async () => {
    const admitted: string[] = [];
    const gates: (() => void)[] = [];
    const finished: string[] = [];
    const door = await fixture.open({
      observer: {
        wantsParameters: true,
        admit: (statement, parameters) =>
          new Promise((resolve) => {
            admitted.push(`${statement} ${JSON.stringify(parameters ?? null)}`);
            gates.push(resolve);
          }),
        finished: ({ text: statement }) => void finished.push(statement),
      },
    });
    const client = await raw(door);
    const mark = `strict_${randomBytes(4).toString('hex')}`;
    client.write(
      bytesOf(
        query(`select '${mark}', pg_sleep(0.5)`),
        parse('', `select $1::text || '${mark}'`),
        ['B', Buffer.concat([cStrings('', ''), int16(0), int16(1), int32(1), Buffer.from('v'), int16(0)])],
        execute(''),
        sync,
        query('select 3'),
      ),
    );
    const waitFor = async (count: number) => {
      while (admitted.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await waitFor(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { rows } = await fixture.admin.query('select query from pg_stat_activity where query like $1', [
      `%${mark}%`,
    ]);
    expect(rows.filter(({ query: text_ }) => text_.startsWith("select '"))).toEqual([]);
    expect(admitted).toHaveLength(1);
    gates[0]?.();
    await waitFor(2);
    gates[1]?.();
    await waitFor(3);
    gates[2]?.();
    for (let left = 3; left > 0; left -= 1) await client.readUntilReady();
    expect(admitted).toEqual([
      `select '${mark}', pg_sleep(0.5) null`,
      `select $1::text || '${mark}' ["v"]`,
      'select 3 null',
    ]);
    expect(finished).toHaveLength(3);
    client.close();
  });

  test('J01 that cannot be written ends the session before the statement', async () => {
    const door = await fixture.open({
      observer: {
        wantsParameters: false,
        admit: () => Promise.reject(new Refusal('audit_unavailable')),
        finished: () => {},
      },
    });
    const client = await raw(door);
    client.write(bytesOf(query('create table never_made (n int)')));
    expect(sqlstate(await client.read())).toBe('58030');
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'stopped', idle: true }]);
    const { rows } = await fixture.admin.query("select to_regclass('never_made') as made");
    expect(rows).toEqual([{ made: null }]);
  });

  test('J01 an audit that fails at the end of a statement ends the session there', async () => {
    const door = await fixture.open({
      observer: {
        wantsParameters: false,
        finished: () => {
          throw new Refusal('audit_unavailable');
        },
      },
    });
    const client = await raw(door);
    client.write(bytesOf(query('select 1')));
    const types: string[] = [];
    for (;;) {
      const message = await client.read();
      types.push(message.type);
      if (message.type === 'E') {
        expect(sqlstate(message)).toBe('58030');
        break;
      }
    }
    expect(types.join('')).toBe('TDCE');
    await door.settled();
    expect(door.ends).toMatchObject([{ cause: 'stopped' }]);
  });
});
