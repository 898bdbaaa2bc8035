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

test.for([
  [{}, '"statement" is not right: must be text.'],
  [{ statement: '' }, '"statement" is not right: must not be empty.'],
  [
    { statement: 'SELECT $1', parameters: [{ a: 1 }] },
    '"parameters.0" is not right: must be text, a number, true, false or null; write lists and documents as text.',
  ],
  [{ statement: 'SELECT $1', parameters: ['\0'] }, '"parameters.0" is not right: must not contain NUL.'],
  [{ statement: 'SELECT $1', parameters: 'a' }, '"parameters" is not right: must be a list.'],
  [{ statement: 'SELECT 1', limit: 0 }, '"limit" is not right: must be at least 1.'],
  [{ statement: 'SELECT 1', limit: '1' }, '"limit" is not right: must be a whole number.'],
  [{ command: 'GET k' }, '"command" is not right: must be a list of words.'],
  [{ command: ['SET', 'k', true] }, '"command.2" is not right: must be text or a number.'],
] as const)('%j is refused with the words that mend it', ([body, sentence]) => {
  expect(() => parseQueryBody(body, 'json')).toThrow(sentence);
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
