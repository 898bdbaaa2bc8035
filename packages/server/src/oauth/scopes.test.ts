import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { databaseOf, resourceOf } from './resources.ts';
import { readScopes, scopesOf } from './scopes.ts';
import { database } from './testing/index.ts';

const everyone = { kind: 'everyone' } as const;
const databases = new Map(
  [database('sales', { writer: everyone, reader: everyone }), database('hr', { reader: everyone })].map(
    (one) => [one.name, one],
  ),
);

describe('reading scopes', () => {
  it('gives roles in the order of the config, whatever the order of the scopes', () => {
    const asked = readScopes('db:sales:reader openid db:hr db:sales:writer', databases);
    expect(asked).toMatchObject({
      outcome: 'understood',
      identityScopes: ['openid'],
      databases: [
        { database: { name: 'sales' }, roles: ['writer', 'reader'] },
        { database: { name: 'hr' }, roles: [] },
      ],
    });
  });

  it('never understands more than was asked, and never throws', () => {
    const words = fc.oneof(
      fc.constantFrom(
        'openid',
        'db:sales',
        'db:sales:reader',
        'db:hr:reader',
        'db:hr:writer',
        'db:',
        '',
        ':',
      ),
      fc.string(),
      fc.constantFrom('db:__proto__', 'db:constructor:reader', 'db:sales:__proto__', 'db:sales:reader:x'),
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 8 }), (list) => {
        const scope = list.join(' ');
        const asked = readScopes(scope, databases);
        if (asked.outcome === 'refused') {
          expect(asked.sentence).toMatch(/\.$/);
          return;
        }
        const said = new Set(scope.split(' '));
        for (const one of asked.databases) {
          expect(one.scopes.every((each) => said.has(each) && scopesOf(one.database).includes(each))).toBe(
            true,
          );
          expect(one.roles.length === 0 || one.roles.length === one.scopes.length).toBe(true);
        }
        expect(asked.databases.length + asked.identityScopes.length).toBeGreaterThan(0);
      }),
    );
  });
});

describe('a resource', () => {
  const issuer = 'https://access.example.com';

  it('names its database as a whole string', () => {
    expect(databaseOf(issuer, resourceOf(issuer, 'hr'), databases)?.name).toBe('hr');
    for (const other of ['/db/hr/', '/db/HR', '/db/%68r', '/db/', '/db/hr?x', '/db/x/../hr'])
      expect(databaseOf(issuer, issuer + other, databases)).toBeUndefined();
    expect(databaseOf(issuer, 'https://evil.example/db/hr', databases)).toBeUndefined();
  });
});
