import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AllowRule, ClaimValue } from '../core/index.ts';
import { decide, explain, qualifyingRoles } from './index.ts';
import { database, request, role } from './testing/index.ts';

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
