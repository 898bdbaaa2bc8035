import { describe, expect, test } from 'vitest';
import { principalFromClaims } from './principal-from-claims.ts';

const mapping = { groups: ['groups'], others: { department: ['org', 'department'] } };

function read(
  claims: Readonly<Record<string, unknown>>,
  given: Parameters<typeof principalFromClaims>[2] = mapping,
) {
  return principalFromClaims('corp', { sub: 'u-1', ...claims }, given);
}

describe('what a provider says of a person', () => {
  test('becomes a principal that is known by method and sub, never by e-mail', () => {
    const claims = { email: 'admin@example.com', groups: ['viewer'], org: { department: 'finance' } };
    expect(read(claims)).toEqual({
      outcome: 'read',
      principal: {
        method: 'corp',
        subject: 'u-1',
        displayName: 'admin@example.com',
        groups: ['viewer'],
        claims: { department: 'finance' },
      },
    });
  });

  test('may hold groups deep inside, one alone, or none', () => {
    const nested = { groups: ['realm_access', 'roles'], others: {} };
    expect(read({ realm_access: { roles: ['a', 'b'] } }, nested)).toMatchObject({
      principal: { groups: ['a', 'b'] },
    });
    expect(read({ groups: 'editor' })).toMatchObject({ principal: { groups: ['editor'] } });
    expect(read({})).toMatchObject({ principal: { groups: [] } });
  });

  test.each([
    ['a name', { name: 'Jane', preferred_username: 'jane' }, 'Jane'],
    ['no name but a user name', { preferred_username: 'jane' }, 'jane'],
    ['nothing that can be shown', { name: '\u202e\u0000 ' }, 'u-1'],
    ['a name with marks that turn the line', { name: 'Jane\u202etxt.exe' }, 'Janetxt.exe'],
    ['a name that is far too long', { name: 'x'.repeat(5_000) }, 'x'.repeat(200)],
  ])('is shown with %s', (_, claims, shown) => {
    expect(read(claims)).toMatchObject({ principal: { displayName: shown } });
  });

  test.each([
    ['no sub', { sub: undefined }],
    ['an empty sub', { sub: '' }],
    ['a sub that is a number', { sub: 7 }],
    ['a sub with a line break', { sub: 'a\nb' }],
    ['a sub of 256 characters', { sub: 'x'.repeat(256) }],
    ['groups that are an object', { groups: { admin: true } }],
    ['groups with a number among them', { groups: ['viewer', 7] }],
    ['an empty group', { groups: [''] }],
    ['1,001 groups', { groups: Array.from({ length: 1_001 }, (_, at) => `g${at}`) }],
    ['groups that are kept elsewhere', { _claim_names: { groups: 'src1' }, groups: ['viewer'] }],
    ['another mapped claim that is kept elsewhere', { _claim_names: { org: 'src1' } }],
    ['a mapped claim that is an object', { org: { department: { name: 'finance' } } }],
  ])('with %s is not used at all', (_, claims) => {
    expect(read(claims)).toMatchObject({ outcome: 'unusable' });
  });

  test('H10 is looked up by own properties alone', () => {
    const inherited = { groups: ['__proto__', 'toString'], others: {} };
    expect(read({}, inherited)).toMatchObject({ principal: { groups: [] } });
  });
});
