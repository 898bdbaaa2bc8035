import { expect, test } from 'vitest';
import { configJsonSchema, schemasAt } from './json-schema.ts';
import type { KeyPath } from './problem.ts';
import { hash } from './testing/index.ts';

const password: KeyPath = ['databases', 'authdb', 'roles', 'readonly', 'password'];

test.each<readonly [string, KeyPath, right: string, wrong: string]>([
  ['a secret in clear', ['masterKey'], 'file:./master.key', 'hunter2'],
  ['the password of a role in clear', password, 'env:GW_READONLY', 'hunter2'],
  ['no name of a variable', password, 'env:GW_READONLY', 'env:GW-READONLY'],
  ['the secret of an application in clear', ['clients', 'a', 'secret'], 'env:ACME', 'ACME'],
  ['a password for a hash', ['users', 'a', 'passwordHash'], hash, 'hunter2'],
  ['a number for a duration', ['tokens', 'access'], '15m', '15'],
  ['no scope', ['clients', 'a', 'scopes', 0], 'db:authdb:readonly', 'authdb'],
])('an editor marks %s', (_, path, right, wrong) => {
  const [pattern = ''] = schemasAt(path).flatMap((schema) => schema.pattern ?? []);
  const form = new RegExp(pattern, 'u');
  expect([form.test(right), form.test(wrong)]).toEqual([true, false]);
});

test('the schema has examples that fit it', () => {
  const wrong: unknown[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { pattern, examples } = node as { pattern?: string; examples?: readonly unknown[] };
    if (typeof pattern === 'string' && Array.isArray(examples))
      wrong.push(...examples.filter((example) => !new RegExp(pattern, 'u').test(String(example))));
    Object.values(node).forEach(visit);
  };
  visit(configJsonSchema());
  // Of a hash only the beginning is shown.
  expect(wrong.filter((example) => example !== '$2b$12$…')).toEqual([]);
});
