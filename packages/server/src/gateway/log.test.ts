import pino from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { Refusal } from '../core/index.ts';
import { type Log, operatorLog } from './log.ts';

let lines: Record<string, unknown>[];
let now: number;
let log: Log;
beforeEach(() => {
  [lines, now] = [[], 0];
  log = operatorLog(pino({}, { write: (line) => void lines.push(JSON.parse(line)) }), () => now);
});

describe('a problem', () => {
  it('that goes on is told once a minute, with how often it was left out', () => {
    for (; now < 60_000; now += 250) log.problem('the store is down', new Error('nobody answers'));
    expect(lines).toHaveLength(1);
    log.problem('the store is down', new Error('nobody answers'));
    log.problem('the store is down', new Error('nobody answers'));
    expect(lines).toHaveLength(2);
    expect(lines[0]).not.toHaveProperty('leftOut');
    expect(lines[1]).toMatchObject({ level: 50, msg: 'the store is down', leftOut: 239 });
  });

  it('of another kind, or of another cause, is told at once', () => {
    log.problem('the store is down', new Error('nobody answers'));
    log.problem('the store is down', new Error('the password is wrong'));
    log.problem('the audit is full', new Error('nobody answers'));
    expect(lines).toHaveLength(3);
  });

  it('that came as a refusal says what is the matter, and not the sentence for callers', () => {
    log.problem(
      'the log cannot be read',
      new Refusal('store_unavailable', {}, new Error('connect ECONNREFUSED')),
    );
    expect(lines[0]?.cause).toMatch(/^Error: connect ECONNREFUSED/);
  });
});
