import { duplexPair } from 'node:stream';
import { expect, test } from 'vitest';
import { Secret } from '../../core/index.ts';
import type { CommandDriver, QueryDriver } from '../../engines/index.ts';
import { bindQuery } from './bind-query.ts';
import { parseQueryBody } from './query-body.ts';

test('a statement comes with its parameters, a command as its words; numbers in it as they stand', () => {
  expect(parseQueryBody({ statement: 'SELECT $1', parameters: [1] }, 'stream')).toEqual({
    kind: 'statement',
    statement: 'SELECT $1',
    parameters: [1],
  });
  expect(parseQueryBody({ command: ['EXPIRE', 'k\0', 60], role: 'r', limit: 5 }, 'json')).toEqual({
    kind: 'command',
    command: ['EXPIRE', 'k\0', '60'],
    role: 'r',
    limit: 5,
  });
});

test.for([
  [{ command: [] }],
  [{ command: [''] }],
  [{ command: 'GET k' }],
  [{ command: [1] }],
  [{ command: ['GET', null] }],
  [{ command: ['GET', ['k']] }],
  [{ command: ['GET', '\ud800'] }],
  [{ command: ['GET', 'k'], statement: 'SELECT 1' }],
  [{ command: ['GET', 'k'], parameters: [] }],
  [{ statement: 'SELECT 1', words: [] }],
  [['GET', 'k']],
  [null],
])('%j is no query', ([body]) => {
  expect(() => parseQueryBody(body, 'json')).toThrow(/is not right/);
});

const statements: QueryDriver = { takes: 'statement', run: () => Promise.reject(new Error('ran')) };
const commands: CommandDriver = { takes: 'command', run: () => Promise.reject(new Error('ran')) };
const statement = parseQueryBody({ statement: 'SELECT 1' }, 'json');
const command = parseQueryBody({ command: ['GET', 'k'] }, 'json');

test('a body of the other kind than the database takes is refused in one sentence that says what it takes', async () => {
  expect(() => bindQuery(commands, statement, 'cache')).toThrow(
    'The database "cache" takes { "command": ["NAME", "word"] }, and this is a statement.',
  );
  expect(() => bindQuery(statements, command, 'authdb')).toThrow(
    'The database "authdb" takes { "statement": "text" }, and this is a command.',
  );
  const [stream] = duplexPair();
  await expect(bindQuery(commands, command, 'cache')(stream, new Secret('t'))).rejects.toThrow('ran');
  await expect(bindQuery(statements, statement, 'authdb')(stream, new Secret('t'))).rejects.toThrow('ran');
});
