import { expect, test } from 'vitest';
import type { EngineName, ManagedGrants } from '../../core/index.ts';
import { roleInWords } from './role-words.ts';

const words = (engine: EngineName, grants?: ManagedGrants) =>
  roleInWords(engine, {
    name: 'support',
    login: 'app_support',
    ...(grants === undefined ? {} : { grants }),
    allow: { kind: 'everyone' },
    maxSessionMs: 60_000,
  });

test('a template is told in the words of its kind of database', () => {
  expect(words('postgres', { kind: 'template', template: 'read' })).toEqual(['Read every table']);
  expect(words('mysql', { kind: 'template', template: 'read' })).toEqual(['Read every table']);
  expect(words('redis', { kind: 'template', template: 'read' })).toEqual([
    'Read every key',
    'Listen to every channel',
  ]);
});

test('what only the administrator or the database knows is told by its name', () => {
  expect(words('redis', { kind: 'statements', statements: ['read', '~app:*'] })).toEqual([
    'Do what your administrator granted to the role “support”',
  ]);
  expect(words('redis')).toEqual(['Do everything that the database login “app_support” may do']);
});

test('a role that is everybody as themselves names no login', () => {
  const role = { name: 'person', login: 'person', asPerson: true, maxSessionMs: 60_000 } as const;
  expect(roleInWords('redshift', { ...role, allow: { kind: 'everyone' } })).toEqual([
    'Do everything that you may do there as your own user of the database',
  ]);
});
