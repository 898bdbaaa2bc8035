import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeDnValue, normaliseDn, parseDn } from './distinguished-name.ts';

describe('a value in a distinguished name', () => {
  test.each([
    ['a,ou=admins', 'a\\,ou\\=admins'],
    [' #lead', '\\ #lead'],
    ['#hash', '\\#hash'],
    ['trail ', 'trail\\ '],
    ['quo"te', 'quo\\"te'],
    ['back\\slash', 'back\\\\slash'],
    ['a+b<c>d;e', 'a\\+b\\<c\\>d\\;e'],
    ['nul\0', 'nul\\00'],
  ])('%j is written as %s', (value, written) => {
    expect(escapeDnValue(value)).toBe(written);
  });

  test('comes back as it was, and is one value, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const wellFormed = value.toWellFormed();
        expect(parseDn(`uid=${escapeDnValue(wellFormed)},dc=example`)).toEqual([
          { type: 'uid', value: wellFormed },
          { type: 'dc', value: 'example' },
        ]);
      }),
    );
  });
});

describe('two spellings of a name', () => {
  test.each([
    ['CN=Admins, OU=Groups,DC=Example', 'cn=admins,ou=groups,dc=example'],
    ['cn=a\\2Cb,dc=x', 'cn=a\\,b,dc=x'],
  ])('%s and %s are one', (one, other) => {
    expect(normaliseDn(one)).toBe(normaliseDn(other));
  });

  test.each(['', 'no name', 'cn=a,', 'cn=a\\', '=a'])('%j is none', (text) => {
    expect(normaliseDn(text)).toBeUndefined();
  });
});
