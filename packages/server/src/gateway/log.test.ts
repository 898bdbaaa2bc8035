import pino from 'pino';
import { expect, test } from 'vitest';
import { Refusal } from '../core/index.ts';
import { operatorLog } from './log.ts';

test('a problem that came as a refusal says what is the matter, and not the sentence for callers', () => {
  const lines: Record<string, unknown>[] = [];
  const log = operatorLog(pino({}, { write: (line) => void lines.push(JSON.parse(line)) }));
  log.problem('it fails', new Refusal('store_unavailable', {}, new Error('connect ECONNREFUSED')));
  expect(lines).toMatchObject([{ level: 50, cause: expect.stringMatching(/^Error: connect ECONNREFUSED/) }]);
});
