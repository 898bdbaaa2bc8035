import { describe, expect, test } from 'vitest';
import {
  bind,
  bytesOf,
  closeStatement,
  copyData,
  copyDone,
  copyFail,
  describeStatement,
  execute,
  flush,
  int16,
  int32,
  parse,
  query,
  type RawCall,
  sync,
  terminate,
} from '../../../../../tests/support/postgres-messages.ts';
import { conversation, raw, relayFixture } from '../../../../../tests/support/relay-fixture.ts';
import type { FinishedStatement } from '../engine.ts';

const fixture = relayFixture();

describe('the extended protocol, as no driver sends it', () => {
  const cases: readonly [
    what: string,
    calls: readonly RawCall[],
    answers: string,
    records: readonly Partial<FinishedStatement>[],
  ][] = [
    [
      'B02 three batches behind each other, the middle one slow',
      [
        parse('', 'select 1'),
        bind('', ''),
        execute(''),
        sync,
        parse('', 'select pg_sleep(0.1)'),
        bind('', ''),
        execute(''),
        sync,
        parse('', 'select 3'),
        bind('', ''),
        execute(''),
        sync,
      ],
      '12DCZ 12DCZ 12DCZ',
      [{ text: 'select 1', rows: 1 }, { text: 'select pg_sleep(0.1)' }, { text: 'select 3' }],
    ],
    [
      'B03 several statements in one batch, one of them wrong: what follows is skipped',
      [
        parse('a', 'select 1'),
        bind('', 'a'),
        execute(''),
        parse('b', 'select 1/0'),
        bind('', 'b'),
        execute(''),
        parse('c', 'select 3'),
        bind('', 'c'),
        execute(''),
        sync,
        query('select 4'),
      ],
      '12DC1EZ TDCZ',
      [
        { text: 'select 1', outcome: 'succeeded' },
        { text: 'select 1/0', outcome: 'failed', errorCode: '22012' },
        { text: 'select 3', outcome: 'unfinished' },
        { text: 'select 4', outcome: 'succeeded' },
      ],
    ],
    [
      'B03 a statement that cannot be prepared, with a Bind and an Execute of its name behind it',
      [parse('p', 'selekt'), bind('', 'p'), execute(''), sync, query('select 2')],
      'EZ TDCZ',
      [
        { text: 'selekt', outcome: 'failed', errorCode: '42601' },
        { text: 'select 2', outcome: 'succeeded' },
      ],
    ],
    [
      'a statement that is only prepared and described',
      [parse('d', 'select 1 as one'), describeStatement('d'), sync],
      '1tTZ',
      [],
    ],
    [
      'a statement that cannot be prepared',
      [parse('', 'select from nowhere_at_all'), describeStatement(''), sync],
      'EZ',
      [{ text: 'select from nowhere_at_all', outcome: 'failed', errorCode: '42P01' }],
    ],
    [
      'J06 a portal that is fetched in portions, each a record',
      [
        parse('', 'select generate_series(1, 5)'),
        bind('', ''),
        execute('', 2),
        execute('', 2),
        execute('', 2),
        sync,
      ],
      '12DDsDDsDCZ',
      [{ rows: 2 }, { rows: 2 }, { rows: 1 }],
    ],
    [
      'an empty statement',
      [parse('', ''), bind('', ''), execute(''), sync],
      '12IZ',
      [{ text: '', outcome: 'succeeded' }],
    ],
    ['an empty simple query', [query('')], 'IZ', [{ text: '' }]],
    [
      'A12 a flush in the middle of a batch',
      [parse('', 'select 1'), flush, bind('', ''), flush, execute(''), flush, sync],
      '12DCZ',
      [{ text: 'select 1' }],
    ],
    ['nothing but Sync, several times', [sync, sync, sync], 'Z Z Z', []],
    [
      'J06 a name that SQL gave',
      [query('prepare by_sql as select 7'), bind('', 'by_sql'), execute(''), sync],
      'CZ 2DCZ',
      [{ text: 'prepare by_sql as select 7' }, { text: 'EXECUTE "by_sql"', rows: 1 }],
    ],
    [
      'J06 a cursor that SQL declared',
      [query('begin; declare cur cursor for select 1'), execute('cur'), sync, query('commit')],
      'CCZ DCZ CZ',
      [{}, { text: 'FETCH FROM "cur"', rows: 1 }, { text: 'commit' }],
    ],
    [
      'a constraint that fails at the commit of the batch',
      [
        query('create temp table u (n int unique deferrable initially deferred)'),
        parse('', 'insert into u values (1), (1)'),
        bind('', ''),
        execute(''),
        sync,
      ],
      'CZ 12CEZ',
      [{}, { rows: 2, outcome: 'succeeded' }, { text: 'COMMIT', outcome: 'failed', errorCode: '23505' }],
    ],
    [
      'J06 COPY in by the extended protocol, with the Sync that libpq sends too early',
      [
        query('create temp table c (n int)'),
        parse('', 'copy c from stdin'),
        bind('', ''),
        execute(''),
        sync,
        copyData('1\n2\n'),
        copyDone,
        sync,
        query('select count(*) from c'),
      ],
      'CZ 12GCZ TDCZ',
      [{}, { text: 'copy c from stdin', rows: 2 }, { rows: 1 }],
    ],
    [
      'two COPY in one query',
      [
        query('create temp table c (n int)'),
        query('copy c from stdin; copy c from stdin'),
        copyData('1\n'),
        copyDone,
        copyData('2\n3\n'),
        copyDone,
      ],
      'CZ GCGCZ',
      [{}, { rows: 3 }],
    ],
    [
      'a COPY that the client gives up',
      [query('create temp table c (n int)'), query('copy c from stdin'), copyData('1\n'), copyFail],
      'CZ GEZ',
      [{}, { outcome: 'cancelled', errorCode: '57014' }],
    ],
    [
      'the end of a COPY that none began',
      [parse('', 'select 1'), copyDone, bind('', ''), execute(''), copyFail, sync],
      '12DCZ',
      [{ text: 'select 1' }],
    ],
    ['a COPY out', [query('copy (select generate_series(1, 3)) to stdout')], 'HdddcCZ', [{ rows: 3 }]],
    [
      'J06 a function call, which carries no text at all',
      [['F', Buffer.concat([int32(1598), int16(0), int16(0), int16(0)])]],
      'VZ',
      [{ text: 'function call 1598', outcome: 'succeeded' }],
    ],
    [
      'a function call that fails',
      [['F', Buffer.concat([int32(1), int16(0), int16(0), int16(0)])]],
      'EZ',
      [{ text: 'function call 1', outcome: 'failed' }],
    ],
    [
      'B11 a name that is taken already: it goes on to mean what it meant',
      [
        parse('s', "select 'first'"),
        sync,
        parse('s', "select 'second'"),
        sync,
        bind('', 's'),
        execute(''),
        sync,
      ],
      '1Z EZ 2DCZ',
      [
        { text: "select 'second'", outcome: 'failed', errorCode: '42P05' },
        { text: "select 'first'", outcome: 'succeeded' },
      ],
    ],
    [
      'a name that differs behind the 63 bytes that count',
      [
        parse(`${'n'.repeat(63)}1`, "select 'first'"),
        sync,
        bind('', `${'n'.repeat(63)}2`),
        execute(''),
        sync,
      ],
      '1Z 2DCZ',
      [{ text: "select 'first'" }],
    ],
    [
      'B11 a Close that is skipped because of an error: the name stays',
      [
        parse('s', "select 'kept'"),
        sync,
        parse('', 'selekt'),
        closeStatement('s'),
        sync,
        bind('', 's'),
        execute(''),
        sync,
        closeStatement('s'),
        sync,
        bind('', 's'),
        execute(''),
        sync,
      ],
      '1Z EZ 2DCZ 3Z EZ',
      [
        { text: 'selekt', outcome: 'failed' },
        { text: "select 'kept'", outcome: 'succeeded' },
        { outcome: 'failed', errorCode: '26000' },
      ],
    ],
    ['notifications to oneself', [query('listen l; notify l')], 'CCAZ', [{ text: 'listen l; notify l' }]],
  ];

  test.each(cases)('%s', async (_, calls, answers, records) => {
    const door = await fixture.open();
    const readies = answers.split(' ').length;
    expect((await conversation(door, calls, readies)).replaceAll('N', '')).toBe(answers);
    expect(door.statements).toMatchObject(records);
    expect(door.statements).toHaveLength(records.length);
    expect(door.ends).toEqual([{ cause: 'client_left', idle: true }]);
  });

  test('a portal that is taken already goes on to mean what it meant', async () => {
    const door = await fixture.open();
    const calls = [
      query('begin'),
      parse('', "select 'first' from generate_series(1, 2)"),
      bind('p', ''),
      execute('p', 1),
      parse('', 'savepoint s'),
      bind('', ''),
      execute(''),
      sync,
      parse('', "select 'second'"),
      bind('p', ''),
      sync,
      query('rollback to s'),
      execute('p', 0),
      sync,
      query('commit'),
    ];
    expect(await conversation(door, calls, 6)).toBe('CZ 12Ds12CZ 1EZ CZ DCZ CZ');
    expect(door.statements.map((record) => [record.text, record.outcome])).toEqual([
      ['begin', 'succeeded'],
      ["select 'first' from generate_series(1, 2)", 'succeeded'],
      ['savepoint s', 'succeeded'],
      ["select 'second'", 'failed'],
      ['rollback to s', 'succeeded'],
      ["select 'first' from generate_series(1, 2)", 'succeeded'],
      ['commit', 'succeeded'],
    ]);
  });

  test('sent byte by byte gets the same answers', async () => {
    const door = await fixture.open();
    const client = await raw(door);
    for (const byte of bytesOf(parse('', 'select 1'), bind('', ''), execute(''), sync, query('select 2'))) {
      client.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const types = [...(await client.readUntilReady()), ...(await client.readUntilReady())];
    expect(types.map(({ type }) => type).join('')).toBe('12DCZTDCZ');
    client.close();
  });
});

describe('a connection is not proved idle', () => {
  // The last message of the server that the client waits for before it leaves; by default, that it is ready.
  const cases: readonly [when: string, calls: readonly RawCall[], readies: number, last?: string][] = [
    ['B06 in a transaction', [query('begin')], 1],
    ['B06 in a failed transaction', [query('begin; select 1/0')], 1],
    ['B06 before the answer to BEGIN is there', [query('begin')], 0],
    ['A12 with a batch that has no Sync', [parse('', 'select 1'), flush], 0, '1'],
    ['A12 with a good-bye in the middle of a batch', [parse('', 'select 1'), terminate], 0],
    ['A12 with a simple query in the middle of a batch', [parse('', 'select 1'), query('select 2')], 1],
    ['while a statement runs', [query('select pg_sleep(61)')], 0],
    [
      'B02 while a statement in the middle of a pipeline runs',
      ['select 1', 'select pg_sleep(61)', 'select 3'].flatMap((text) => [
        parse('', text),
        bind('', ''),
        execute(''),
        sync,
      ]),
      1,
    ],
    [
      'B04 while a COPY takes data',
      [query('create temp table c (n int)'), query('copy c from stdin')],
      1,
      'G',
    ],
    [
      'when a COPY failed and a Sync may or may not have been ignored',
      [
        query('create temp table c (n int)'),
        parse('', 'copy c from stdin'),
        bind('', ''),
        execute(''),
        sync,
        copyData('no number\n'),
        copyDone,
        sync,
      ],
      2,
    ],
    ['within a message', [query('select 1'), ['Q', Buffer.alloc(0)]], 1],
  ];

  test.each(cases)('%s', async (when, calls, readies, last) => {
    const door = await fixture.open({ reuse: true });
    const client = await raw(door);
    if (when === 'within a message') {
      // A long message goes on while it comes: with the answer to what came before it, the server has part of it.
      client.write(
        Buffer.concat([bytesOf(query('select 1')), Buffer.from('d'), int32(1_000_000), Buffer.alloc(10)]),
      );
    } else client.write(bytesOf(...calls));
    for (let left = readies; left > 0; left -= 1) await client.readUntilReady();
    if (bytesOf(...calls).includes('pg_sleep(61)')) await fixture.running('pg_sleep(61)');
    if (last !== undefined) while ((await client.read()).type !== last);
    client.close();
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'client_left', idle: false }]);
    expect(door.upstreams[0]?.closed).toBe(true);
    await fixture.notRunning('pg_sleep(61)');
  });
});
