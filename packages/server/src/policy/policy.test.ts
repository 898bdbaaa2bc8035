import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AllowRule,
  assertPermit,
  type ClaimValue,
  type Database,
  type Principal,
  type Role,
} from '../core/index.ts';
import { decide, explain, matchRule, type PolicyRequest, qualifyingRoles } from './index.ts';

const hour = 3_600_000;

function person(fields: Partial<Principal> = {}): Principal {
  return {
    method: 'local',
    subject: 'ann@example.com',
    displayName: 'Ann',
    groups: [],
    claims: {},
    ...fields,
  };
}

function role(name: string, allow: AllowRule, maxSessionMs = 12 * hour): Role {
  return { name, login: `gw_${name}`, password: `env:${name}`, allow, maxSessionMs };
}

function database(roles: readonly Role[]): Database {
  return {
    name: 'authdb',
    engine: 'postgres',
    host: '127.0.0.1',
    port: 5432,
    upstreamName: 'authdb',
    tls: 'off',
    pool: { mode: 'session', size: 20 },
    shareAcrossPeople: false,
    audit: 'standard',
    auditParameters: false,
    roles,
  };
}

const authdb = database([
  role('admin', { kind: 'groups', anyOf: ['admin'] }, hour),
  role('readwrite', { kind: 'groups', anyOf: ['admin', 'editor'] }),
  role('readonly', { kind: 'everyone' }),
]);

function request(fields: Partial<PolicyRequest> = {}): PolicyRequest {
  return {
    principal: person({ groups: ['editor'] }),
    database: authdb,
    tokenRoles: [],
    roleHint: '',
    clientId: 'psql',
    consentId: 'consent',
    tokenHash: 'hash',
    now: 1_000_000,
    ...fields,
  };
}

/** The role that was decided, or the code of the refusal. */
function decided(fields: Partial<PolicyRequest>): string {
  const decision = decide(request(fields));
  return decision.outcome === 'permitted' ? decision.permit.role.name : decision.refusal.code;
}

const groups = (...anyOf: string[]): AllowRule => ({ kind: 'groups', anyOf });
const users = (...anyOf: string[]): AllowRule => ({ kind: 'users', anyOf });
const clients = (...anyOf: string[]): AllowRule => ({ kind: 'clients', anyOf });
const claims = (equal: Record<string, string | number | boolean>): AllowRule => ({ kind: 'claims', equal });
const claim = (name: string, value: unknown): Principal =>
  person({ claims: { [name]: value as ClaimValue } });

describe('an allow rule', () => {
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

describe('a decision', () => {
  const admin = person({ groups: ['admin'] });
  const cases: readonly [string, Partial<PolicyRequest>, string][] = [
    ['gives the first qualifying role for a token without roles', {}, 'readwrite'],
    ['gives an administrator the administrator role by default', { principal: admin }, 'admin'],
    ['gives the role that the token names', { tokenRoles: ['readonly'] }, 'readonly'],
    [
      'gives the first in config order, not in token order',
      { tokenRoles: ['readonly', 'readwrite'] },
      'readwrite',
    ],
    [
      'lets the hint pick among the held roles',
      { tokenRoles: ['readonly', 'readwrite'], roleHint: 'readonly' },
      'readonly',
    ],
    ['ignores a hint that is no role', { roleHint: 'postgres' }, 'readwrite'],
    ['ignores a hint that names a login', { tokenRoles: ['readonly'], roleHint: 'gw_readwrite' }, 'readonly'],
    ['ignores a hint outside of the token', { tokenRoles: ['readonly'], roleHint: 'readwrite' }, 'readonly'],
    [
      'ignores a hint that no rule gives',
      { roleHint: 'admin', tokenRoles: ['admin', 'readonly'] },
      'readonly',
    ],
    ['ignores a hint below the default when the token names no role', { roleHint: 'readonly' }, 'readwrite'],
    [
      'compares the hint by case',
      { tokenRoles: ['readonly', 'readwrite'], roleHint: 'ReadOnly' },
      'readwrite',
    ],
    [
      'gives a demanded role that is held',
      { tokenRoles: ['readonly', 'readwrite'], roleDemanded: 'readonly' },
      'readonly',
    ],
    [
      'lets a demand win over a hint',
      { tokenRoles: ['readonly', 'readwrite'], roleDemanded: 'readonly', roleHint: 'readwrite' },
      'readonly',
    ],
    [
      'refuses a demanded role outside of the token',
      { tokenRoles: ['readonly'], roleDemanded: 'readwrite' },
      'role_not_granted',
    ],
    [
      'refuses a demanded role that no rule gives',
      { tokenRoles: ['admin'], roleDemanded: 'admin' },
      'role_not_granted',
    ],
    ['refuses a demanded role that does not exist', { roleDemanded: 'root' }, 'role_not_granted'],
    ['refuses an empty demand', { roleDemanded: '' }, 'role_not_granted'],
    ['refuses a token whose only role no rule gives any more', { tokenRoles: ['admin'] }, 'role_not_granted'],
    ['refuses a token for a role that does not exist', { tokenRoles: ['gone'] }, 'role_not_granted'],
    [
      'refuses when no rule matches',
      { database: database([role('admin', groups('admin'))]) },
      'no_matching_rule',
    ],
    ['refuses when the database has no role', { database: database([]) }, 'no_matching_rule'],
    [
      'says that no rule matches before it looks at a demand',
      { database: database([]), roleDemanded: 'x' },
      'no_matching_rule',
    ],
  ];
  it.each(cases)('%s', (_, fields, expected) => {
    expect(decided(fields)).toBe(expected);
  });

  it('mints a permit that carries the request and ends with the longest session of the role', () => {
    const decision = decide(request({ principal: admin }));
    if (decision.outcome !== 'permitted') throw new Error('expected a permit');
    expect(() => assertPermit(decision.permit)).not.toThrow();
    expect(decision.permit).toMatchObject({
      principal: admin,
      database: authdb,
      clientId: 'psql',
      consentId: 'consent',
      tokenHash: 'hash',
      endsAt: 1_000_000 + hour,
    });
  });

  it('tells the caller a scope that can work', () => {
    const decision = decide(request({ tokenRoles: ['admin'] }));
    if (decision.outcome !== 'denied') throw new Error('expected a refusal');
    expect(decision.refusal.message).toBe(
      'Your access token does not cover the role "readwrite". Ask for the scope db:authdb:readwrite.',
    );
  });
});

describe('for any rules, claims and tokens', () => {
  const word = fc.constantFrom(
    'admin',
    'admin-readonly',
    'Admin',
    'readonly',
    '',
    'x',
    'local:x',
    'constructor',
  );
  const value = fc.oneof(word, fc.constantFrom<ClaimValue>(0, 1, true, false, ['admin'], []));
  const rule: fc.Arbitrary<AllowRule> = fc.oneof(
    fc.constant<AllowRule>({ kind: 'everyone' }),
    fc.record({ kind: fc.constantFrom('groups', 'users', 'clients'), anyOf: fc.array(word) }),
    fc.record({
      kind: fc.constant('claims'),
      equal: fc.dictionary(word, fc.oneof(word, fc.constantFrom(0, 1, true, false))),
    }),
  ) as fc.Arbitrary<AllowRule>;
  const roles = fc
    .uniqueArray(word, { maxLength: 5 })
    .chain((names) => fc.tuple(...names.map((name) => rule.map((allow) => role(name, allow)))));
  const principal = fc.record({
    method: fc.constantFrom('local', 'corp'),
    subject: word,
    displayName: word,
    groups: fc.array(word),
    claims: fc.dictionary(word, value),
  });
  const requests = fc.record({
    principal,
    roles,
    tokenRoles: fc.array(word, { maxLength: 4 }),
    roleHint: word,
    roleDemanded: fc.option(word, { nil: undefined }),
    clientId: word,
  });

  it('a permit is only for a role that the rules give and the token covers', () => {
    fc.assert(
      fc.property(requests, ({ roles: configured, roleDemanded, ...fields }) => {
        const db = database(configured);
        const demand = roleDemanded === undefined ? {} : { roleDemanded };
        const decision = decide(request({ ...fields, database: db, ...demand }));
        const qualifying = qualifyingRoles(fields.principal, fields.clientId, db);
        if (decision.outcome === 'denied') {
          expect(decision.refusal.code).toBe(
            qualifying.length === 0 ? 'no_matching_rule' : 'role_not_granted',
          );
          return;
        }
        const given = decision.permit.role;
        expect(qualifying).toContain(given);
        if (fields.tokenRoles.length === 0) expect(given).toBe(qualifying[0]);
        else expect(fields.tokenRoles).toContain(given.name);
        if (roleDemanded !== undefined) expect(given.name).toBe(roleDemanded);
      }),
      { verbose: 1 },
    );
  });

  it('a hint never turns a denial into a permit, nor a permit into a denial', () => {
    fc.assert(
      fc.property(requests, ({ roles: configured, roleDemanded, ...fields }) => {
        const all = {
          ...fields,
          database: database(configured),
          ...(roleDemanded === undefined ? {} : { roleDemanded }),
        };
        expect(decide(request(all)).outcome).toBe(decide(request({ ...all, roleHint: '' })).outcome);
      }),
      { verbose: 1 },
    );
  });

  it('the explanation agrees with the decision', () => {
    fc.assert(
      fc.property(principal, roles, word, (who, configured, clientId) => {
        const db = database(configured);
        const explained = explain(who, clientId, db);
        expect(explained.map((entry) => entry.role)).toEqual(db.roles.map((entry) => entry.name));
        expect(explained.filter((entry) => entry.matched).map((entry) => entry.role)).toEqual(
          qualifyingRoles(who, clientId, db).map((entry) => entry.name),
        );
        const decision = decide(request({ principal: who, clientId, database: db }));
        expect(explained.find((entry) => entry.isDefault)?.role).toBe(
          decision.outcome === 'permitted' ? decision.permit.role.name : undefined,
        );
      }),
      { verbose: 1 },
    );
  });
});

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
