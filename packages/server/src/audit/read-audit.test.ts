import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../core/index.ts';
import { type AuditFilter, readAudit } from './index.ts';
import { type AuditFixture, auditFixture, collect } from './testing/index.ts';

let fixture: AuditFixture;
let now = 1_000_000;

/** Six records over three files, one second apart. */
beforeEach(async () => {
  fixture = await auditFixture();
  const audit = await fixture.open({ segmentBytes: 300, clock: { ...systemClock, now: () => now } });
  for (let index = 0; index < 6; index++) {
    now = 1_000_000 + index * 1_000;
    const person = index % 2 === 0 ? 'local:ann' : 'local:bob';
    await audit.recordDurably({
      type: 'sign_out',
      person,
      database: index < 2 ? 'authdb' : 'other',
      ...(index === 2 && { client: 'acme' }),
    });
  }
  await audit.recordDurably({ type: 'gateway', action: 'started' });
  await audit.close();
});
afterEach(() => fixture.remove());

async function sequences(filter?: AuditFilter, from?: number): Promise<readonly number[]> {
  const records = await collect(readAudit(fixture.directory, filter, from));
  return records.map((record) => record.sequence);
}

describe('reading the log', () => {
  it.each<[string, AuditFilter, number, readonly number[]]>([
    ['everything', {}, 1, [1, 2, 3, 4, 5, 6, 7]],
    ['from a record on', {}, 5, [5, 6, 7]],
    ['from behind the end on', {}, 8, []],
    ['since a time', { since: 1_004_000 }, 1, [5, 6, 7]],
    ['until a time', { until: 1_002_000 }, 1, [1, 2]],
    ['of a person', { person: 'local:bob' }, 1, [2, 4, 6]],
    ['of a database', { database: 'authdb' }, 1, [1, 2]],
    ['through a client', { client: 'acme' }, 1, [3]],
    ['of a type', { type: 'gateway' }, 1, [7]],
    [
      'of a person on a database since a time',
      { person: 'local:ann', database: 'other', since: 1_003_000 },
      2,
      [5],
    ],
  ])('gives %s', async (_, filter, from, expected) => {
    expect(await sequences(filter, from)).toEqual(expected);
  });

  it('gives statements with a part of their text, in letters of either case', async () => {
    const audit = await fixture.open();
    for (const text of ['SELECT * FROM Users', 'SELECT 1'])
      await audit.recordDurably({
        type: 'statement',
        by: { request: 'r', remoteAddress: '::1', upstreamPid: '1' },
        statement: { text, outcome: 'succeeded', durationMs: 1 },
      });
    await audit.close();
    expect(await sequences({ text: 'from users' })).toEqual([8]);
  });

  it('leaves out what is not finished or no record', async () => {
    const names = await fixture.segments();
    await appendFile(join(fixture.directory, names.at(-1) ?? ''), '{}\nnull\nhello\n{"sequence":8,"at":"20');
    expect(await sequences()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });
});
