import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditEvent, StatementFields, StatementSubject } from './event.ts';
import { chainStart, expectedHash, parseFrame } from './record-line.ts';
import { sealed } from './testing/index.ts';

const at = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

function written(event: AuditEvent): { readonly line: string; readonly record: Record<string, unknown> } {
  const line = sealed([event], [at], chainStart).bytes.toString();
  return { line, record: JSON.parse(line) as Record<string, unknown> };
}

function statement(fields: Partial<StatementFields> = {}, by: Partial<StatementSubject> = {}): AuditEvent {
  return {
    type: 'statement',
    by: { upstreamPid: '7', ...by },
    statement: { text: 'SELECT 1', durationMs: 1, outcome: 'succeeded', ...fields },
  };
}

describe('a line of the log', () => {
  it('holds the record, and the hash of the previous hash and of itself', () => {
    const { line } = written({ type: 'sign_out', person: 'local:ann' });
    const body = '{"sequence":1,"at":"2026-01-02T03:04:05.006Z","type":"sign_out","person":"local:ann"';
    const digest = hash('sha256', `${'0'.repeat(64)}"}\n${body}`, 'hex');
    expect(line).toBe(`${body},"hash":"${digest}"}\n`);
  });

  it('is linked to the one before it, in a group or alone', () => {
    const events: AuditEvent[] = Array.from({ length: 50 }, (_, index) =>
      statement({ text: 'é'.repeat(index * 100) }),
    );
    const times = events.map((_, index) => at + index);
    const together = sealed(events, times, chainStart);
    let head = chainStart;
    const alone = events.map((event, index) => {
      const one = sealed([event], [times[index] ?? 0], head);
      head = one.head;
      return one.bytes;
    });
    expect(Buffer.concat(alone).equals(together.bytes)).toBe(true);
    expect(together.head).toEqual(head);
  });

  it('keeps everything that is known of a statement', () => {
    const by = {
      person: 'corp:jane',
      client: 'psql',
      consent: 'c',
      database: 'authdb',
      role: 'readonly',
      session: 's',
      remoteAddress: '127.0.0.1',
      request: 'r',
      upstreamPid: '7',
    };
    const said = {
      text: 'SELECT 1',
      parameters: ['1', null, 'x"y'],
      rows: 3,
      durationMs: 1.23456,
      outcome: 'failed',
      errorCode: '42501',
    } as const;
    const { sequence, at: time, hash: digest, ...fields } = written(statement(said, by)).record;
    expect(fields).toEqual({ type: 'statement', ...by, ...said, durationMs: 1.235 });
    expect([sequence, time, digest]).toEqual([
      1,
      '2026-01-02T03:04:05.006Z',
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ]);
  });

  it('keeps a count of rows as the server gave it, also one that no server can mean', () => {
    for (const rows of [0, 9, 10, 1_234_567, Number.MAX_SAFE_INTEGER, 2 ** 64, 1e120, -1, 1.5]) {
      expect(written(statement({ rows })).record).toMatchObject({ rows });
    }
    expect(written(statement({ rows: Number.POSITIVE_INFINITY })).record).toMatchObject({ rows: null });
  });

  it('does not let an event overwrite the frame', () => {
    const event = { type: 'sign_out', sequence: 99, hash: 'x', at: 'y' } as unknown as AuditEvent;
    expect(written(event).record).toMatchObject({ sequence: 1, at: '2026-01-02T03:04:05.006Z' });
  });

  it('J05 cuts a long statement and keeps the length and the hash of all of it', () => {
    const text = `SELECT '${'é'.repeat(1_000_000)}'`;
    const { line, record } = written(statement({ text }));
    expect(line.length).toBeLessThan(70_000);
    expect(record).toMatchObject({
      textBytes: Buffer.byteLength(text),
      textHash: hash('sha256', text, 'hex'),
    });
  });

  it('keeps the length and hash that the relay took of a text that it cut itself', () => {
    const { record } = written(statement({ text: 'SELECT', textBytes: 5_000_000, textHash: 'abc' }));
    expect(record).toMatchObject({ text: 'SELECT', textBytes: 5_000_000, textHash: 'abc' });
  });

  it('J05 bounds every other text and list', () => {
    const long = '\u0001'.repeat(100_000);
    const many = Array.from({ length: 100_000 }, () => 'value');
    for (const event of [
      statement({ errorCode: long, parameters: many }, { person: long }),
      { type: 'consent', outcome: 'allowed', scopes: many, client: long } satisfies AuditEvent,
    ])
      expect(written(event).line.length).toBeLessThan(200_000);
  });

  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom(
        '\r',
        '\n',
        '\u001b[31m',
        '\u009b',
        '\u2028',
        '\u2029',
        '\u202e',
        '"',
        '\\',
        '\0',
        '\ud800',
        '\udc00',
        '\ufeff',
        '"}',
        ',"hash":"',
      ),
    }),
  );
  const forbidden = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]/u;

  it('J05 is one line of harmless characters that reads back as it was, whatever people put into texts', () => {
    fc.assert(
      fc.property(hostile, hostile, (text, name) => {
        const by = { person: name, session: name };
        const said = { text, parameters: [text, null] };
        const refused = { type: 'token_refused', grantType: text, error: name, remoteAddress: text } as const;
        for (const [event, meant] of [
          [statement(said, by), { ...by, ...said }],
          [refused, refused],
        ] as const) {
          const { line, record } = written(event);
          expect(line.endsWith('\n')).toBe(true);
          expect(forbidden.test(line.slice(0, -1))).toBe(false);
          expect(record).toMatchObject(meant);
          const bytes = Buffer.from(line.slice(0, -1));
          const frame = parseFrame(bytes);
          expect(frame && expectedHash(chainStart.hash, frame.body)).toBe(record.hash);
        }
      }),
      { verbose: 1 },
    );
  });

  it('never shows one session under the fields of another', () => {
    const word = fc.constantFrom('a', 'b', undefined);
    const subject = fc.record(
      {
        session: word,
        person: word,
        client: word,
        consent: word,
        database: word,
        role: word,
        remoteAddress: word,
        request: word,
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(subject, { maxLength: 20 }), (subjects) => {
        for (const given of subjects) {
          const present = Object.fromEntries(
            Object.entries(given).filter(([, value]) => value !== undefined),
          );
          const { sequence: _s, at: _a, hash: _h, ...fields } = written(statement({}, present)).record;
          const said = { text: 'SELECT 1', durationMs: 1, outcome: 'succeeded' };
          expect(fields).toEqual({ type: 'statement', upstreamPid: '7', ...said, ...present });
        }
      }),
      { verbose: 1 },
    );
  });
});
