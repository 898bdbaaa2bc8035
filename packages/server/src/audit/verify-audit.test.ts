import { copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyAudit } from './index.ts';
import { chainStart } from './record-line.ts';
import { type AuditFixture, auditFixture, chain, sealed, signingKey } from './testing/index.ts';

const [first, second, third] = [
  '0000000000000001.jsonl',
  '0000000000000004.jsonl',
  '0000000000000007.jsonl',
] as const;

let fixture: AuditFixture;

/** Nine records in three files, and the checkpoint of all nine in the store. */
beforeEach(async () => {
  fixture = await auditFixture();
  const audit = await fixture.open({ segmentBytes: 450 });
  for (let index = 1; index <= 9; index++)
    await audit.recordDurably({ type: 'sign_out', person: `local:person${index}` });
  await audit.close();
  expect(await fixture.segments()).toEqual([first, second, third]);
});
afterEach(() => fixture.remove());

const path = (name: string) => join(fixture.directory, name);

async function edit(name: string, change: (lines: string[]) => readonly string[]): Promise<void> {
  const lines = (await readFile(path(name), 'utf8')).split('\n').slice(0, -1);
  await writeFile(
    path(name),
    change(lines)
      .map((line) => `${line}\n`)
      .join(''),
  );
}

async function swap(a: string, b: string): Promise<void> {
  await rename(path(a), path('held'));
  await rename(path(b), path(a));
  await rename(path('held'), path(b));
}

/** The whole log written anew by somebody who knows how the chain is made, with one record changed. */
async function forge(): Promise<void> {
  let head = chainStart;
  for (const name of [first, second, third])
    await edit(name, (lines) =>
      lines.map((line) => {
        const { at, person } = JSON.parse(line) as { at: string; person: string };
        const changed = person === 'local:person5' ? 'local:innocent' : person;
        const anew = sealed([{ type: 'sign_out', person: changed }], [Date.parse(at)], head);
        head = anew.head;
        return anew.bytes.toString().trimEnd();
      }),
    );
}

describe('verification', () => {
  it('finds an untouched log intact', async () => {
    expect(await fixture.verify()).toMatchObject({ outcome: 'intact', records: 9, head: { sequence: 9 } });
  });

  const tampers: readonly [
    string,
    () => Promise<unknown>,
    { file: string; line: number; sequence: number },
    string,
  ][] = [
    [
      'a record that was deleted',
      () => edit(second, (l) => l.toSpliced(1, 1)),
      { file: second, line: 2, sequence: 5 },
      'record 5 is missing',
    ],
    [
      'two records that were deleted',
      () => edit(second, (l) => l.toSpliced(0, 2)),
      { file: second, line: 1, sequence: 4 },
      'records 4 to 5 are missing',
    ],
    [
      'the first record deleted',
      () => edit(first, (l) => l.slice(1)),
      { file: first, line: 1, sequence: 1 },
      'record 1 is missing',
    ],
    [
      'the last record of a file deleted',
      () => edit(first, (l) => l.slice(0, -1)),
      { file: second, line: 1, sequence: 3 },
      `the file ${second} does not follow on record 2`,
    ],
    [
      'a file that was deleted',
      () => rm(path(second)),
      { file: third, line: 1, sequence: 4 },
      `the file ${third} does not follow on record 3`,
    ],
    [
      'a record that was edited',
      () => edit(second, (l) => l.map((x) => x.replace('person5', 'person6'))),
      { file: second, line: 2, sequence: 5 },
      'the content of this record was changed',
    ],
    [
      'a time that was edited',
      () => edit(third, (l) => l.map((x, i) => (i === 0 ? x.replace(/"at":"\d{4}/, '"at":"1999') : x))),
      { file: third, line: 1, sequence: 7 },
      'the content of this record was changed',
    ],
    [
      'a hash that was edited',
      () =>
        edit(second, (l) =>
          l.map((x, i) =>
            i === 0 ? x.replace(/"hash":"./, (m) => (m.endsWith('0') ? '"hash":"1' : '"hash":"0')) : x,
          ),
        ),
      { file: second, line: 1, sequence: 4 },
      'the content of this record was changed',
    ],
    [
      'two records that changed places',
      () => edit(second, ([a = '', b = '', c = '']) => [b, a, c]),
      { file: second, line: 1, sequence: 4 },
      'record 4 is missing',
    ],
    [
      'a record that stands twice',
      () => edit(second, ([a = '', b = '', c = '']) => [a, b, b, c]),
      { file: second, line: 3, sequence: 6 },
      'record 5 stands here again, or out of order',
    ],
    [
      'a record renumbered',
      () => edit(first, (l) => l.map((x, i) => (i === 2 ? x.replace('"sequence":3', '"sequence":2') : x))),
      { file: first, line: 3, sequence: 3 },
      'record 2 stands here again, or out of order',
    ],
    [
      'a line put in between',
      () => edit(first, ([a = '', ...l]) => [a, 'hello', ...l]),
      { file: first, line: 2, sequence: 2 },
      'this line is no audit record',
    ],
    [
      'two files that changed names',
      () => swap(first, second),
      { file: first, line: 1, sequence: 1 },
      'records 1 to 3 are missing',
    ],
    [
      'the newest file with an older content',
      () => copyFile(path(second), path(third)),
      { file: third, line: 1, sequence: 7 },
      'record 4 stands here again, or out of order',
    ],
  ];
  it.each(tampers)('J04 names %s', async (_, tamper, at, reason) => {
    await tamper();
    expect(await fixture.verify()).toEqual({ outcome: 'broken', at, reason });
  });

  it('J04 names the first record of a cut end, by the checkpoint', async () => {
    await edit(third, (lines) => lines.slice(0, 1));
    const verdict = await fixture.verify();
    expect(verdict).toMatchObject({ outcome: 'broken', at: { file: third, line: 2, sequence: 8 } });
    expect(verdict).toHaveProperty(
      'reason',
      expect.stringMatching(/^the log ends at record 7, but the checkpoint of \S+Z saw record 9$/),
    );
  });

  it('names an end that was cut inside a record', async () => {
    const bytes = await readFile(path(third));
    await writeFile(path(third), bytes.subarray(0, bytes.length - 5));
    expect(await fixture.verify()).toMatchObject({
      outcome: 'broken',
      at: { file: third, line: 3, sequence: 9 },
    });
  });

  it('J04 names what an older copy of the directory lacks', async () => {
    await rm(path(third));
    expect(await fixture.verify()).toMatchObject({ outcome: 'broken', at: { sequence: 7 } });
    await rm(path(second));
    await rm(path(first));
    expect(await fixture.verify()).toMatchObject({ outcome: 'broken', at: { sequence: 1 } });
  });

  it('J04 finds a log that was written anew with a chain of its own, by the checkpoint', async () => {
    await forge();
    expect(await fixture.verify()).toEqual({
      outcome: 'broken',
      at: { file: third, line: 3, sequence: 9 },
      reason: 'the log up to here was written anew: it does not lead to the checkpoint',
    });
  });

  it('J04 does not take a checkpoint that somebody without the key wrote', async () => {
    const checkpoint = await fixture.store.checkpoints.latest(chain);
    if (checkpoint === undefined) throw new Error('there is a checkpoint');
    for (const forged of [
      { ...checkpoint, sequence: 1 },
      { ...checkpoint, at: 0 },
      { ...checkpoint, signature: '' },
    ])
      expect(await verifyAudit(fixture.directory, { chain, signingKey, checkpoint: forged })).toMatchObject({
        outcome: 'broken',
        reason: 'the checkpoint does not carry our signature',
      });
    expect(
      await verifyAudit(fixture.directory, { chain, signingKey: Buffer.alloc(32, 8), checkpoint }),
    ).toMatchObject({ outcome: 'broken' });
  });

  it('takes an unfinished last line for a write that is under way', async () => {
    await writeFile(path(third), '{"sequence":10,"at":"20', { flag: 'a' });
    expect(await fixture.verify()).toMatchObject({ outcome: 'intact', records: 9 });
  });

  it('takes an unfinished line in an older file for damage', async () => {
    await writeFile(path(second), '{"sequence":7,', { flag: 'a' });
    expect(await fixture.verify()).toMatchObject({
      outcome: 'broken',
      at: { file: second, line: 4, sequence: 7 },
    });
  });

  it('tells apart bytes that are no text', async () => {
    const audit = await fixture.open();
    await audit.recordDurably({ type: 'sign_out', person: 'local:\ufffd' });
    await audit.close();
    const bytes = await readFile(path(third));
    const at = bytes.indexOf(Buffer.from('\ufffd'));
    bytes[at] = 0xff;
    await writeFile(path(third), bytes);
    expect(await fixture.verify()).toMatchObject({ outcome: 'broken', at: { sequence: 10 } });
  });
});
