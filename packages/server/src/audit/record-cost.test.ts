import { expect, it } from 'vitest';
import type { AuditEvent } from './event.ts';
import { chainStart } from './record-line.ts';
import { SealedLines } from './sealed-lines.ts';

it('a statement is sealed at the cost that is printed here', () => {
  const subject = {
    person: 'local:viewer@example.com',
    client: 'grantway-cli',
    consent: 'x'.repeat(43),
    database: 'authdb',
    role: 'readonly',
    session: '0b5c1b1e-7a43-4a5e-9a57-27f7f1ad0f8a',
    remoteAddress: '10.1.2.3',
    request: 'a8f1c1b2-7a43-4a5e-9a57-27f7f1ad0f8a',
    upstreamPid: '12345',
  };
  const events = Array.from({ length: 256 }, (_, index): AuditEvent => {
    const text = `SELECT abalance FROM pgbench_accounts WHERE aid = ${index};`;
    return {
      type: 'statement',
      by: subject,
      statement: { text, rows: 1, durationMs: 0.3127, outcome: 'succeeded' },
    };
  });
  // At 40,000 a second some forty records share a millisecond.
  const times = events.map((_, index) => index >> 5);
  const rounds = 300;
  const warmUp = 100;
  const lines = new SealedLines(chainStart);
  let sequence = 0;
  // The thread's own processor time, which a busy machine disturbs less than the clock on the wall.
  let before = process.threadCpuUsage();
  for (let round = 0; round < rounds; round++) {
    if (round === warmUp) before = process.threadCpuUsage();
    lines.seal(events, times);
    const batch = lines.batch();
    if (batch === undefined) break;
    sequence = batch.head.sequence;
    lines.written(batch);
  }
  const { user, system } = process.threadCpuUsage(before);
  const cost = (user + system) / ((rounds - warmUp) * events.length);
  console.log(`sealing one statement (serialise, hash): ${cost.toFixed(2)} µs of processor time`);
  expect(sequence).toBe(rounds * events.length);
});
