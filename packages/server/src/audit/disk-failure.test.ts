import { execFileSync } from 'node:child_process';
import { constants } from 'node:fs';
import { mkdir, open, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Refusal } from '../core/index.ts';
import { type AuditFixture, auditFixture, collect, run } from './testing/index.ts';

let fixture: AuditFixture;
beforeEach(async () => {
  fixture = await auditFixture();
});
afterEach(() => fixture.remove());

const loop = join(import.meta.dirname, 'testing/durable-loop.ts');

describe('when the disk refuses', () => {
  it('J01 stops at a full disk, rejects what waits, and keeps every acknowledged record', async () => {
    await mkdir(fixture.directory, { mode: 0o700 });
    // A file size limit gives a short write and then an error, as a full disk does, and needs no rights.
    const { lines } = run('/bin/sh', [
      '-c',
      'ulimit -S -f 64; exec "$0" "$@"',
      process.execPath,
      loop,
      fixture.directory,
    ]);
    const said = await collect(lines);
    const acknowledged = said.filter((line) => line.startsWith('durable')).map((line) => line.slice(8));
    expect(acknowledged.length).toBeGreaterThan(10);
    expect(said.slice(acknowledged.length)).toEqual([
      'failed EFBIG',
      ...Array.from({ length: 4 }, () => 'refused audit_unavailable'),
      'record threw audit_unavailable',
    ]);
    await (await fixture.open()).close();
    const kept = new Set((await fixture.records()).map((record) => record.request));
    expect(acknowledged.filter((request) => !kept.has(request))).toEqual([]);
    expect(await fixture.verify()).toMatchObject({ outcome: 'intact' });
  });

  it('J01 tells its listeners, refuses everybody, and goes on with a gap record when the disk is back', async () => {
    const audit = await fixture.open({ segmentBytes: 1 });
    await audit.recordDurably({ type: 'sign_out', request: 'before' });
    const obstacle = join(fixture.directory, '0000000000000002.jsonl');
    await mkdir(obstacle);
    const causes: unknown[] = [];
    audit.onFailure((cause) => causes.push(cause));

    audit.record({ type: 'sign_out', request: 'taken before the failure was known' });
    await expect(audit.recordDurably({ type: 'sign_out' })).rejects.toMatchObject({
      code: 'audit_unavailable',
    });
    expect(audit.failed).toBe(true);
    expect(causes).toEqual([expect.objectContaining({ code: 'EISDIR' })]);
    expect(() => audit.record({ type: 'sign_out', request: 'happened all the same' })).toThrow(Refusal);
    await expect(audit.recordDurably({ type: 'sign_out', request: 'refused' })).rejects.toThrow(Refusal);

    await rmdir(obstacle);
    await expect.poll(() => audit.failed, { timeout: 10_000 }).toBe(false);
    await audit.recordDurably({ type: 'sign_out', request: 'after' });
    await audit.close();
    const records = await fixture.records();
    expect(records.map((record) => record.request)).toEqual([
      'before',
      'taken before the failure was known',
      undefined,
      'happened all the same',
      undefined,
      'after',
    ]);
    expect(records[4]).toMatchObject({ type: 'gateway', action: 'audit_gap' });
    expect(records[4]?.detail).toMatch(
      /^the audit log could not be written from .*Z on; 1 records were refused$/,
    );
    expect(await fixture.verify()).toMatchObject({ outcome: 'intact', records: 6 });
    expect(fixture.told).toEqual([
      'The audit log cannot be written; access stops.',
      'The audit log can be written again.',
    ]);
  });

  it('J01 keeps a bounded backlog while the disk is away, and counts what did not fit', async () => {
    const audit = await fixture.open({ segmentBytes: 1 });
    await audit.recordDurably({ type: 'sign_out' });
    const obstacle = join(fixture.directory, '0000000000000002.jsonl');
    await mkdir(obstacle);
    await expect(audit.recordDurably({ type: 'sign_out' })).rejects.toThrow(Refusal);
    const text = 'x'.repeat(1024 * 1024);
    for (let index = 0; index < 100; index++)
      expect(() =>
        audit.record({
          type: 'statement',
          by: { upstreamPid: '7' },
          statement: { text, durationMs: 1, outcome: 'succeeded' },
        }),
      ).toThrow(Refusal);
    await rmdir(obstacle);
    await expect.poll(() => audit.failed, { timeout: 10_000 }).toBe(false);
    await audit.close();
    const records = await fixture.records();
    const kept = records.filter((record) => record.type === 'statement').length;
    expect(kept).toBeGreaterThan(50);
    expect(kept).toBeLessThan(70);
    expect(records.at(-1)?.detail).toMatch(new RegExp(`; ${100 - kept} records were refused$`));
    expect(await fixture.verify()).toMatchObject({ outcome: 'intact', records: records.length });
  });

  it('J01 counts a write that does not end as failed, and goes on when it has ended', async () => {
    const audit = await fixture.open({ segmentBytes: 1 });
    await audit.recordDurably({ type: 'sign_out', request: 'before' });
    // Opening a pipe to write waits for somebody who reads, as a hanging disk does.
    const obstacle = join(fixture.directory, '0000000000000002.jsonl');
    execFileSync('mkfifo', [obstacle]);
    await expect(audit.recordDurably({ type: 'sign_out', request: 'hung' })).rejects.toMatchObject({
      code: 'audit_unavailable',
    });
    const reader = await open(obstacle, constants.O_RDONLY | constants.O_NONBLOCK);
    await rm(obstacle);
    await expect.poll(() => audit.failed, { timeout: 10_000 }).toBe(false);
    await reader.close();
    await audit.recordDurably({ type: 'sign_out', request: 'after' });
    await audit.close();
    const records = await fixture.records();
    expect(records.map((record) => record.request)).toEqual(['before', 'hung', undefined, 'after']);
    expect(await fixture.verify()).toMatchObject({ outcome: 'intact', records: 4 });
  });

  it('J01 does not take its own standstill for one of the disk', async () => {
    const audit = await fixture.open();
    await audit.recordDurably({ type: 'sign_out' });
    const durable = audit.recordDurably({ type: 'sign_out' });
    await setImmediate();
    // The write is under way; the machine gives this process no time until it counts as failed, if time counts alone.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5_200);
    await durable;
    expect(fixture.told).toEqual([]);
    await audit.close();
  });

  it('goes on when the store does not take a checkpoint', async () => {
    const audit = await fixture.open({
      checkpointMs: 5,
      checkpoints: { put: () => Promise.reject(new Error('down')), latest: async () => undefined },
    });
    await audit.recordDurably({ type: 'sign_out' });
    await expect.poll(() => fixture.told).toContain('The audit checkpoint could not be stored.');
    await audit.recordDurably({ type: 'sign_out' });
    await audit.close();
    expect(await fixture.verify()).toMatchObject({ outcome: 'intact', records: 2 });
  });
});
