import { appendFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Refusal } from '../core/index.ts';
import { type AuditFixture, auditFixture, chain, run } from './testing/index.ts';

let fixture: AuditFixture;
beforeEach(async () => {
  fixture = await auditFixture();
});
afterEach(() => fixture.remove());

const loop = join(import.meta.dirname, 'testing/durable-loop.ts');

describe('an audit', () => {
  it('has a durable record on disk when it says so', async () => {
    const audit = await fixture.open();
    await audit.recordDurably({
      type: 'sign_in',
      method: 'local',
      outcome: 'succeeded',
      person: 'local:ann',
    });
    const [record] = await fixture.records();
    expect(record).toMatchObject({ sequence: 1, type: 'sign_in', outcome: 'succeeded', person: 'local:ann' });
    expect(record?.at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    await audit.close();
  });

  it('writes other records without being asked', async () => {
    const audit = await fixture.open();
    audit.record({ type: 'sign_out', person: 'local:ann' });
    await expect.poll(() => fixture.records()).toHaveLength(1);
    await audit.close();
  });

  it('keeps the order in which records came, durable or not', async () => {
    const audit = await fixture.open();
    const waiting: Promise<void>[] = [];
    for (let index = 0; index < 1_000; index++) {
      if (index % 3 === 0) waiting.push(audit.recordDurably({ type: 'sign_out', request: String(index) }));
      else audit.record({ type: 'sign_out', request: String(index) });
    }
    await Promise.all(waiting);
    await audit.close();
    const records = await fixture.records();
    expect(records.map((record) => record.request)).toEqual(
      Array.from({ length: 1_000 }, (_, i) => String(i)),
    );
    expect(await fixture.verify()).toMatchObject({ outcome: 'intact', records: 1_000 });
  });

  it('goes on with the chain after a restart', async () => {
    for (let round = 0; round < 3; round++) {
      const audit = await fixture.open();
      await audit.recordDurably({ type: 'sign_out', request: String(round) });
      await audit.close();
    }
    expect((await fixture.records()).map((record) => record.sequence)).toEqual([1, 2, 3]);
    expect(await fixture.verify()).toMatchObject({ outcome: 'intact', records: 3 });
    expect(fixture.told).toEqual([]);
  });

  it('starts a new segment when one is full, and names it by its first record', async () => {
    const audit = await fixture.open({ segmentBytes: 400 });
    for (let index = 0; index < 6; index++) await audit.recordDurably({ type: 'sign_out' });
    await audit.close();
    expect(await fixture.segments()).toEqual(['0000000000000001.jsonl', '0000000000000004.jsonl']);
    const again = await fixture.open({ segmentBytes: 400 });
    await again.recordDurably({ type: 'sign_out' });
    await again.close();
    expect(await fixture.segments()).toHaveLength(3);
    expect(await fixture.verify()).toMatchObject({ outcome: 'intact', records: 7 });
  });

  it('keeps its files from other users of the machine', async () => {
    const audit = await fixture.open();
    await audit.recordDurably({ type: 'sign_out' });
    await audit.close();
    const modes = await Promise.all(
      [fixture.directory, join(fixture.directory, '0000000000000001.jsonl')].map(
        async (path) => (await stat(path)).mode,
      ),
    );
    expect(modes.map((mode) => (mode & 0o777).toString(8))).toEqual(['700', '600']);
  });

  it('stores a signed checkpoint in the background, and at the end', async () => {
    const audit = await fixture.open({ checkpointMs: 10 });
    await audit.recordDurably({ type: 'sign_out' });
    await expect.poll(() => fixture.store.checkpoints.latest(chain)).toMatchObject({ sequence: 1 });
    await audit.close();
    const second = await fixture.open({ checkpointMs: 3_600_000 });
    await second.recordDurably({ type: 'sign_out' });
    await second.close();
    expect(await fixture.store.checkpoints.latest(chain)).toMatchObject({ sequence: 2 });
  });

  it('refuses records after it was closed', async () => {
    const audit = await fixture.open();
    await audit.close();
    expect(() => audit.record({ type: 'sign_out' })).toThrow(Refusal);
    await expect(audit.recordDurably({ type: 'sign_out' })).rejects.toMatchObject({
      code: 'audit_unavailable',
    });
  });

  it('J09 lets one process write to a directory, and names it to the second', async () => {
    const audit = await fixture.open();
    await expect(fixture.open()).rejects.toThrow(`is in use by another Grantway (process ${process.pid})`);
    await audit.close();
    await (await fixture.open()).close();
  });
});

describe('after the process or the machine went down', () => {
  it('J02 nothing that was acknowledged is lost when the process is killed', async () => {
    for (const acknowledgements of [1, 40, 400]) {
      const { lines, kill } = run(process.execPath, [loop, fixture.directory]);
      const acknowledged: string[] = [];
      for await (const line of lines) {
        acknowledged.push(line.replace('durable ', ''));
        if (acknowledged.length === acknowledgements) kill();
      }
      const audit = await fixture.open();
      await audit.close();
      const kept = new Set((await fixture.records()).map((record) => record.request));
      expect(acknowledged.filter((request) => !kept.has(request))).toEqual([]);
      expect(await fixture.verify()).toMatchObject({ outcome: 'intact' });
    }
  });

  const damages: readonly [string, (segment: string) => Promise<void>][] = [
    ['half a record', (segment) => appendFile(segment, '{"sequence":4,"at":"2026-')],
    ['a record without its line break', async (segment) => truncate(segment, (await stat(segment)).size - 1)],
    ['a record cut in its hash', async (segment) => truncate(segment, (await stat(segment)).size - 20)],
    ['zeros where a block was never written', (segment) => appendFile(segment, Buffer.alloc(4096))],
    [
      'zeros and a line break',
      (segment) => appendFile(segment, Buffer.concat([Buffer.alloc(512), Buffer.from('\n')])),
    ],
  ];
  it.each(damages)('J03 %s at the end is cut, and the chain goes on with a gap record', async (_, damage) => {
    const segment = join(fixture.directory, '0000000000000001.jsonl');
    // Without checkpoints, as when the power goes before the first one.
    const checkpoints = { put: async () => undefined, latest: async () => undefined };
    const audit = await fixture.open({ checkpoints });
    for (let index = 0; index < 3; index++) await audit.recordDurably({ type: 'sign_out' });
    await audit.close();
    await damage(segment);

    const again = await fixture.open({ checkpoints });
    await again.recordDurably({ type: 'sign_out' });
    await again.close();
    const records = await fixture.records();
    const gap = records.find((record) => record.action === 'audit_gap');
    expect(gap?.detail).toMatch(/^\d+ bytes of an unfinished record were cut from 0000000000000001.jsonl$/);
    expect(fixture.told).toHaveLength(1);
    expect(await fixture.verify()).toMatchObject({ outcome: 'intact', records: records.length });
  });

  it('a new segment that was never filled is used again', async () => {
    const audit = await fixture.open({ segmentBytes: 100 });
    await audit.recordDurably({ type: 'sign_out' });
    await audit.close();
    await writeFile(join(fixture.directory, '0000000000000002.jsonl'), '');
    const again = await fixture.open();
    await again.recordDurably({ type: 'sign_out' });
    await again.close();
    expect(await fixture.verify()).toMatchObject({ outcome: 'intact', records: 2 });
  });

  it('records that the checkpoint knows and the files lost leave a hole that stays visible', async () => {
    const audit = await fixture.open();
    for (let index = 0; index < 5; index++) await audit.recordDurably({ type: 'sign_out' });
    await audit.close();
    const segment = '0000000000000001.jsonl';
    const lines = (await fixture.read(segment)).toString().split('\n');
    await writeFile(join(fixture.directory, segment), `${lines.slice(0, 3).join('\n')}\n`);

    const again = await fixture.open();
    await again.close();
    expect((await fixture.records()).at(-1)).toMatchObject({
      sequence: 6,
      detail: 'records 4 to 5 are missing',
    });
    expect(await fixture.verify()).toEqual({
      outcome: 'broken',
      at: { file: segment, line: 4, sequence: 4 },
      reason: 'records 4 to 5 are missing',
    });
  });

  it('a record that was changed is kept as evidence, and told', async () => {
    const audit = await fixture.open();
    for (let index = 0; index < 3; index++)
      await audit.recordDurably({ type: 'sign_out', person: 'local:ann' });
    await audit.close();
    const path = join(fixture.directory, '0000000000000001.jsonl');
    await writeFile(path, (await fixture.read('0000000000000001.jsonl')).toString().replace('ann', 'bob'));
    const again = await fixture.open();
    await again.close();
    expect(await fixture.records()).toHaveLength(4);
    expect(fixture.told).toEqual([
      'The audit log was not as it was left: the chain does not hold at record 1 in 0000000000000001.jsonl.',
    ]);
    expect(await fixture.verify()).toMatchObject({ outcome: 'broken', at: { sequence: 1 } });
  });
});
