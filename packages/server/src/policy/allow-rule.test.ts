import { describe, expect, it } from 'vitest';
import type { AllowRule, Principal } from '../core/index.ts';
import { matchRule } from './index.ts';
import { claim, claims, clients, groups, person, users } from './testing/index.ts';

describe('C16 an allow rule', () => {
  const cases: readonly [string, AllowRule, Principal, boolean][] = [
    ['lets everyone in', { kind: 'everyone' }, person(), true],
    ['lets in a member of one of its groups', groups('a', 'b'), person({ groups: ['x', 'b'] }), true],
    ['keeps out somebody in no group', groups('admin'), person(), false],
    [
      'does not take admin-readonly for admin',
      groups('admin'),
      person({ groups: ['admin-readonly'] }),
      false,
    ],
    [
      'does not take admin for admin-readonly',
      groups('admin-readonly'),
      person({ groups: ['admin'] }),
      false,
    ],
    ['compares groups by case', groups('admin'), person({ groups: ['Admin'] }), false],
    ['does not trim groups', groups('admin'), person({ groups: ['admin '] }), false],
    ['does not split a group at a comma', groups('admin'), person({ groups: ['user,admin'] }), false],
    ['keeps everybody out when it names no group', groups(), person({ groups: ['admin'] }), false],
    ['lets in a user by id', users('local:ann@example.com'), person(), true],
    ['lets in a local user by the bare subject', users('ann@example.com'), person(), true],
    ['compares users by case', users('Ann@example.com'), person(), false],
    [
      'does not take a bare subject for another method',
      users('ann@example.com'),
      person({ method: 'corp' }),
      false,
    ],
    [
      'lets in a user of another method by id',
      users('corp:ann'),
      person({ method: 'corp', subject: 'ann' }),
      true,
    ],
    ['does not take a local subject for an id', users('corp:ann'), person({ subject: 'corp:ann' }), false],
    ['lets in a local subject with a colon by its id', users('local:a:b'), person({ subject: 'a:b' }), true],
    ['does not go by the display name', users('Ann'), person(), false],
    ['lets in through a named client', clients('psql'), person(), true],
    ['keeps out who comes through another client', clients('psql2', 'PSQL'), person(), false],
    ['does not take the subject for the client', clients('ann@example.com'), person(), false],
    ['lets in an equal text claim', claims({ d: 'finance' }), claim('d', 'finance'), true],
    ['lets in an equal number claim', claims({ level: 3 }), claim('level', 3), true],
    ['lets in an equal boolean claim', claims({ staff: true }), claim('staff', true), true],
    ['keeps out a missing claim', claims({ d: 'finance' }), person(), false],
    ['keeps out a null claim', claims({ d: 'null' }), claim('d', null), false],
    ['keeps out an undefined claim', claims({ d: 'undefined' }), claim('d', undefined), false],
    ['does not take a number for its text', claims({ level: '3' }), claim('level', 3), false],
    ['does not take a text for its number', claims({ level: 3 }), claim('level', '3'), false],
    ['does not take true for "true"', claims({ staff: true }), claim('staff', 'true'), false],
    ['does not take 1 for true', claims({ staff: true }), claim('staff', 1), false],
    ['does not take a list for its only member', claims({ d: 'finance' }), claim('d', ['finance']), false],
    ['does not take an object for its text', claims({ d: 'x' }), claim('d', { toString: () => 'x' }), false],
    ['does not search inside a text claim', claims({ d: 'fin' }), claim('d', 'finance'), false],
    ['finds no claim on the prototype', claims({ toString: 'x' }), person(), false],
    ['wants every claim that it names', claims({ a: 1, b: 2 }), claim('a', 1), false],
    ['keeps everybody out when it names no claim', claims({}), claim('a', 1), false],
  ];
  it.each(cases)('%s', (_, rule, principal, expected) => {
    expect(matchRule(rule, principal, 'psql').matched).toBe(expected);
  });

  it('does not take a list claim of groups as membership', () => {
    expect(matchRule(groups('admin'), claim('groups', ['admin']), 'psql').matched).toBe(false);
  });
});
