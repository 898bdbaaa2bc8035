import { describe, expect, test } from 'vitest';
import { readAcl } from './acl.ts';

describe('an access control list', () => {
  const cases: readonly [acl: string, grantee: string, marked: boolean, privileges: readonly string[]][] = [
    ['ann=r/owner', 'ann', false, ['SELECT']],
    ['group readers=r/owner', 'readers', true, ['SELECT']],
    ['"group odd-readers=arwd/owner"', 'odd-readers', true, ['INSERT', 'SELECT', 'UPDATE', 'DELETE']],
    ['group "odd-readers"=U/owner', 'odd-readers', true, ['USAGE']],
    ['"odd ""name"""=r*w*/owner', 'odd "name"', false, ['SELECT', 'UPDATE']],
    ['=U/owner', '', false, ['USAGE']],
    ['ann=rRtTXm/owner', 'ann', false, ['SELECT']],
  ];
  test.each(cases)('%j names who holds what', (acl, grantee, marked, privileges) => {
    expect(readAcl(acl)).toEqual([{ grantee, marked, privileges }]);
  });

  test('of several lines has an entry for each, and nothing for what is none', () => {
    expect(readAcl('a=r/x\n\nnonsense\ngroup b=w/x').map(({ grantee }) => grantee)).toEqual(['a', 'b']);
  });
});
