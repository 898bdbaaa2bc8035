import { copyFile, cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SettableClock } from '../store/conformance/settable-clock.ts';
import { hasTooOld, pruneSegments } from './prune-segments.ts';
import { writeMark } from './pruned-mark.ts';
import { type AuditFixture, auditFixture, chain, run, signingKey } from './testing/index.ts';

const day = 24 * 3_600_000;
const never = new AbortController().signal;
const names = [1, 3, 5, 7, 9].map((first) => `${String(first).padStart(16, '0')}.jsonl`);
const [first = '', second = '', third = '', fourth = '', fifth = ''] = names;

let fixture: AuditFixture;
let clock: SettableClock;

/** Ten records, two a day for five days, the last of them today. */
beforeEach(async () => {
  fixture = await auditFixture();
  clock = new SettableClock();
  for (let days = 1; days <= 5; days++) {
    // Opened each day, as by a gateway that was stopped in between.
    const audit = await fixture.open({ clock });
    for (const person of ['local:ann', 'local:bob']) await audit.recordDurably({ type: 'sign_out', person });
    await audit.close();
    if (days < 5) clock.advance(day);
  }
  expect(await fixture.segments()).toEqual(names);
});
afterEach(() => fixture.remove());

const path = (name: string) => join(fixture.directory, name);
const daysAgo = (days: number) => clock.now() - days * day;

async function prune(olderThan: number) {
  const audit = await fixture.open({ clock });
  const outcome = await audit.prune(olderThan, never);
  await audit.close();
  return outcome;
}

/** As {@link prune}, and the process ends where `record` throws. */
const pruneUntil = (record: () => Promise<void>) =>
  pruneSegments({
    directory: fixture.directory,
    chain,
    signingKey,
    olderThan: daysAgo(1.5),
    now: () => clock.now(),
    record,
    stopped: () => false,
  });

async function edit(name: string, from: string | RegExp, to: string): Promise<void> {
  await writeFile(path(name), (await readFile(path(name), 'utf8')).replace(from, to));
}

describe('a log of many days', () => {
  it('has a file for each day, also when nothing stops in between', async () => {
    const audit = await fixture.open({ clock });
    await audit.recordDurably({ type: 'sign_out' });
    expect(await fixture.segments()).toEqual(names);
    clock.advance(day);
    await audit.recordDurably({ type: 'sign_out' });
    await audit.recordDurably({ type: 'sign_out' });
    await audit.close();
    expect(await fixture.segments()).toEqual([...names, '0000000000000012.jsonl']);
    expect(await fixture.verify()).toMatchObject({ outcome: 'intact', records: 13 });
  });

  it('loses the files in which every record is too old, says so in the log, and verifies from there on', async () => {
    expect(await prune(daysAgo(1.5))).toEqual({ outcome: 'done', files: 2 });
    // The third holds nothing young either, but what follows on it might: it goes a day later.
    expect(await fixture.segments()).toEqual([third, fourth, fifth]);
    expect(await fixture.verify()).toMatchObject({
      outcome: 'intact',
      records: 8,
      head: { sequence: 12 },
      pruned: { chain, sequence: 4, at: clock.now() },
    });
    const before = new Date(daysAgo(1.5)).toISOString();
    expect((await fixture.records()).filter(({ action }) => action === 'audit_pruned')).toMatchObject([
      { sequence: 11, detail: `records 1 to 2: all before ${before}` },
      { sequence: 12, detail: `records 3 to 4: all before ${before}` },
    ]);
  });

  it('goes on being removed and verified, day after day', async () => {
    for (let days = 0; days < 4; days++) {
      const audit = await fixture.open({ clock });
      await audit.recordDurably({ type: 'sign_out' });
      await audit.prune(daysAgo(2.5), never);
      await audit.close();
      expect(await fixture.verify()).toMatchObject({ outcome: 'intact' });
      clock.advance(day);
    }
    expect((await fixture.records())[0]?.sequence).toBeGreaterThan(4);
  });

  it('keeps what is young although the file behind it says that it is old, and is put right again afterwards', async () => {
    const untouched = await readFile(path(second), 'utf8');
    await edit(second, /"at":"[^"]*"/, '"at":"2001-01-01T00:00:00.000Z"');
    const job = { directory: fixture.directory, chain, signingKey, olderThan: daysAgo(10) };
    const recorded: string[] = [];
    const record = async (detail: string) => void recorded.push(detail);
    expect(await pruneSegments({ ...job, now: () => clock.now(), record, stopped: () => false })).toEqual({
      outcome: 'done',
      files: 0,
    });
    await writeFile(path(second), untouched);
    expect(recorded).toEqual([]);
    expect(await fixture.segments()).toEqual(names);
    expect(await fixture.verify()).toMatchObject({ outcome: 'intact', records: 10 });
  });

  it('keeps its newest file, however old that is', async () => {
    clock.advance(1_000 * day);
    expect(await prune(clock.now())).toEqual({ outcome: 'done', files: 4 });
    expect((await fixture.segments())[0]).toBe(fifth);
    expect(await fixture.verify()).toMatchObject({ outcome: 'intact' });
  });

  it('loses nothing when all of it is young enough', async () => {
    expect(await hasTooOld(fixture.directory, daysAgo(30))).toBe(false);
    expect(await prune(daysAgo(30))).toEqual({ outcome: 'done', files: 0 });
    expect(await hasTooOld(fixture.directory, daysAgo(1.5))).toBe(true);
    expect(await hasTooOld(join(fixture.directory, 'never-made'), daysAgo(1.5))).toBe(false);
    expect(await fixture.verify()).toMatchObject({ outcome: 'intact', records: 10 });
  });

  it('is opened where it stood when only an empty new file was left of it', async () => {
    await prune(daysAgo(-1));
    const records = (await fixture.records()).length;
    const { sequence, hash } = (await fixture.records()).at(-1) ?? { sequence: 0, hash: '' };
    expect(records).toBeGreaterThan(0);
    // As when a disk lost what came after the removal.
    for (const name of await fixture.segments()) await rm(path(name));
    await writeMark(fixture.directory, { chain, signingKey }, { sequence, hash }, clock.now());
    const audit = await fixture.open({ clock });
    await audit.recordDurably({ type: 'sign_out' });
    await audit.close();
    expect(fixture.told).toEqual([]);
    expect(await fixture.verify()).toMatchObject({ outcome: 'intact', records: 1 });
  });

  it('lets others have their turns while a large file is checked', async () => {
    clock.advance(2 * day);
    const audit = await fixture.open({ clock });
    const text = 'x'.repeat(8_000);
    for (let count = 0; count < 1_000; count++)
      audit.record({ type: 'statement_admitted', text, upstreamPid: '7' });
    clock.advance(day);
    await audit.recordDurably({ type: 'sign_out' });
    let turns = 0;
    let done = false;
    const turn = () => {
      turns += 1;
      if (!done) setImmediate(turn);
    };
    setImmediate(turn);
    await audit.prune(clock.now() + 1, never);
    done = true;
    await audit.close();
    expect(turns).toBeGreaterThan(10);
  });
});

describe('a removal that was interrupted', () => {
  it('before the log says so, removes nothing', async () => {
    const interrupted = pruneUntil(() => Promise.reject(new Error('killed')));
    await expect(interrupted).rejects.toThrow('killed');
    expect(await fixture.segments()).toEqual(names);
    expect(await fixture.verify()).toMatchObject({ outcome: 'intact', records: 10 });
  });

  it('before the file went, leaves a log that verifies, and is finished by the next', async () => {
    await cp(fixture.directory, `${fixture.directory}-before`, { recursive: true });
    await prune(daysAgo(1.5));
    for (const name of [first, second]) await copyFile(join(`${fixture.directory}-before`, name), path(name));
    expect(await fixture.verify()).toMatchObject({ outcome: 'intact', pruned: { sequence: 4 } });
    await prune(daysAgo(30));
    expect(await fixture.segments()).toEqual([third, fourth, fifth]);
    expect(await fixture.verify()).toMatchObject({ outcome: 'intact' });
  });

  it('by kill -9 at any moment, leaves a log that verifies', async () => {
    const loop = join(import.meta.dirname, 'testing/prune-loop.ts');
    for (const files of [1, 2]) {
      const { lines, kill } = run(process.execPath, [loop, fixture.directory, String(daysAgo(0.5))]);
      let seen = 0;
      for await (const _ of lines) if (++seen === files) kill();
      expect(await fixture.verify()).toMatchObject({ outcome: 'intact' });
    }
    await prune(daysAgo(0.5));
    expect((await fixture.segments())[0]).toBe(fourth);
    expect(await fixture.verify()).toMatchObject({ outcome: 'intact' });
  });

  it('because the gateway stops, ends before the next file', async () => {
    const audit = await fixture.open({ clock });
    expect(await audit.prune(daysAgo(1.5), AbortSignal.abort())).toEqual({ outcome: 'done', files: 0 });
    await audit.close();
    expect(await fixture.segments()).toEqual(names);
  });

  it('does not disturb who reads or verifies meanwhile', async () => {
    const audit = await fixture.open({ clock });
    const [, records, verdict] = await Promise.all([
      audit.prune(daysAgo(1.5), never),
      fixture.records(),
      fixture.verify(),
    ]);
    await audit.close();
    expect(records.at(-1)?.sequence).toBeGreaterThanOrEqual(10);
    expect(verdict).toMatchObject({ outcome: 'intact' });
  });
});

describe('a beginning that somebody else cut off', () => {
  const markPath = () => path('pruned.json');
  const tampers: readonly [string, () => Promise<void>, string | RegExp][] = [
    ['without a mark', () => rm(path(third)), `the file ${fourth} does not follow on record 4`],
    [
      'by a mark with another number',
      () => edit('pruned.json', '"sequence":4', '"sequence":6'),
      'what it says of removed records does not carry our signature',
    ],
    [
      'by a mark with another time',
      () => edit('pruned.json', /"at":\d+/, '"at":1'),
      'what it says of removed records does not carry our signature',
    ],
    [
      'by a mark that is no JSON',
      () => writeFile(markPath(), 'x'.repeat(10_000)),
      'what it says of removed records does not carry our signature',
    ],
    [
      "by another gateway's mark",
      () =>
        writeMark(
          fixture.directory,
          { chain: 'other', signingKey },
          { sequence: 6, hash: '0'.repeat(64) },
          1,
        ),
      'what it says of removed records does not carry our signature',
    ],
    [
      'by a mark under another key',
      () =>
        writeMark(
          fixture.directory,
          { chain, signingKey: Buffer.alloc(32, 8) },
          { sequence: 4, hash: '0'.repeat(64) },
          1,
        ),
      'what it says of removed records does not carry our signature',
    ],
    ['and the mark with it', () => rm(markPath()), `the file ${third} does not follow on record 0`],
    ['and the first record that is left with it', () => edit(third, /^.*\n/, ''), 'record 5 is missing'],
    [
      'and the first record that is left was changed',
      () => edit(third, 'local:ann', 'local:eve'),
      'the content of this record was changed',
    ],
  ];
  it.each(tampers)('is found: %s', async (_, tamper, reason) => {
    await prune(daysAgo(1.5));
    await tamper();
    expect(await fixture.verify()).toMatchObject({ outcome: 'broken', reason });
  });

  it('is told when the log is opened, and nothing more of it is removed', async () => {
    await prune(daysAgo(1.5));
    await edit('pruned.json', '"sequence":4', '"sequence":6');
    expect(await prune(daysAgo(-1))).toEqual({
      outcome: 'refused',
      files: 0,
      reason: 'pruned.json does not carry our signature',
    });
    expect(await fixture.segments()).toEqual([third, fourth, fifth]);
    expect(fixture.told[0]).toContain('pruned.json does not carry our signature');
  });
});

it('keeps records that do not verify as evidence, with all that follows on them', async () => {
  await edit(second, 'local:ann', 'local:eve');
  expect(await prune(daysAgo(0.5))).toEqual({
    outcome: 'refused',
    files: 1,
    reason: `the content of this record was changed (${second}:1)`,
  });
  expect(await fixture.segments()).toEqual([second, third, fourth, fifth]);
  expect(await fixture.verify()).toMatchObject({ outcome: 'broken', at: { sequence: 3 } });
});
