import { expect, test } from 'vitest';
import type { Audit, AuditEvent } from '../audit/index.ts';
import type { Permit } from '../core/index.ts';
import { postgresEngine } from '../engines/index.ts';
import { statementRecorder } from './statement-recorder.ts';

test('a password in a statement is in neither of its records, and the hash of a long text goes with it', async () => {
  const recorded: AuditEvent[] = [];
  const audit = {
    record: (event: AuditEvent) => void recorded.push(event),
    recordDurably: async (event: AuditEvent) => void recorded.push(event),
  } as Audit;
  const permit = { database: { audit: 'strict', auditParameters: false } } as Permit;
  const observer = statementRecorder(permit, () => ({}), '1', audit, postgresEngine.traits);

  const text = "ALTER ROLE app PASSWORD 'hunter1'";
  await observer.admit?.(text, undefined);
  const ended = { durationMs: 1, outcome: 'succeeded', textBytes: 70_000, textHash: 'ab' } as const;
  observer.finished({ ...ended, text });
  observer.finished({ ...ended, text: 'SELECT 1' });

  const hidden = "ALTER ROLE app PASSWORD '[secret]'";
  expect(recorded).toMatchObject([
    { type: 'statement_admitted', text: hidden },
    { type: 'statement', statement: { text: hidden, textBytes: 70_000 } },
    { type: 'statement', statement: { text: 'SELECT 1', textHash: 'ab' } },
  ]);
  expect(recorded[1]).not.toHaveProperty('statement.textHash');
});
