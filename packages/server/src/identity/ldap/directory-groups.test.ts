import { describe, expect, test } from 'vitest';
import type { Directory } from './directory.ts';
import { directoryGroups } from './directory-groups.ts';

const base = 'ou=groups,dc=example,dc=com';
const jane = { dn: 'uid=jane,ou=people,dc=example,dc=com' };

/** Each group is in one more, and each search takes its time. */
function endlessDirectory(searchMs: number) {
  let searches = 0;
  const directory: Directory = {
    bind: () => Promise.reject(new Error('not asked for here')),
    search: async () => {
      searches += 1;
      return [{ dn: `cn=group-${searches},${base}` }];
    },
    close: () => {},
  };
  const clock = { monotonic: () => searches * searchMs };
  const read = () => directoryGroups(directory, jane, { base, filter: '(member={dn})', nested: true }, clock);
  return { read, searches: () => searches };
}

describe('groups of groups of groups without an end', () => {
  test('are given up after as many searches as no person has groups', async () => {
    const { read, searches } = endlessDirectory(0);
    expect(await read()).toMatchObject({ outcome: 'unusable' });
    expect(searches()).toBe(200);
  });

  test('are given up after twenty seconds where the directory is slow', async () => {
    const { read, searches } = endlessDirectory(4_000);
    await expect(read()).rejects.toThrow('too long');
    expect(searches()).toBe(6);
  });
});
