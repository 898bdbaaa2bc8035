import { describe, expect, it } from 'vitest';
import type { AllowRule, Principal } from '../core/index.ts';
import { explain } from './index.ts';
import { authdb, claim, claims, clients, database, groups, person, role, users } from './testing/index.ts';

describe('an explanation', () => {
  it('says for each role which rule it has and what decided it', () => {
    expect(explain(person({ groups: ['editor'] }), 'psql', authdb)).toEqual([
      {
        role: 'admin',
        matched: false,
        isDefault: false,
        rule: 'anyone in one of the groups "admin"',
        why: 'is in the group "editor", not in any that the rule names',
      },
      {
        role: 'readwrite',
        matched: true,
        isDefault: true,
        rule: 'anyone in one of the groups "admin", "editor"',
        why: 'is in the group "editor"',
      },
      {
        role: 'readonly',
        matched: true,
        isDefault: false,
        rule: 'everyone',
        why: 'the rule is for everyone who is signed in',
      },
    ]);
  });

  it.each<[AllowRule, Principal, string, string]>([
    [claims({ d: 'x', n: 1 }), person(), 'anyone whose claims say d = "x" and n = 1', 'has no claim "d"'],
    [
      claims({ d: 'x' }),
      claim('d', ['x']),
      'anyone whose claims say d = "x"',
      'the claim "d" is ["x"], not "x"',
    ],
    [claims({ d: 'x' }), claim('d', 'x'), 'anyone whose claims say d = "x"', 'has d = "x"'],
    [users('bob'), person(), 'the users "bob"', '"local:ann@example.com" is not among the users'],
    [users('ann@example.com'), person(), 'the users "ann@example.com"', 'is named as "ann@example.com"'],
    [
      clients('bi'),
      person(),
      'anyone who comes through one of the clients "bi"',
      'comes through the client "psql", which the rule does not name',
    ],
    [
      groups('a'),
      person(),
      'anyone in one of the groups "a"',
      'is in no group, not in any that the rule names',
    ],
  ])('puts %j into words', (allow, who, rule, why) => {
    expect(explain(who, 'psql', database([role('r', allow)]))[0]).toMatchObject({ rule, why });
  });
});
