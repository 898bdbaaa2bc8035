import { describe, expect, it } from 'vitest';
import { assertPermit } from '../core/index.ts';
import { decide, type PolicyRequest } from './index.ts';
import { authdb, database, groups, hour, person, request, role } from './testing/index.ts';

/** The role that was decided, or the code of the refusal. */
function decided(fields: Partial<PolicyRequest>): string {
  const decision = decide(request(fields));
  return decision.outcome === 'permitted' ? decision.permit.role.name : decision.refusal.code;
}

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

  describe('where the first role asks for a second factor', () => {
    const guarded = database([
      { ...role('owner', { kind: 'everyone' }), require: { factor: true } },
      role('readonly', { kind: 'everyone' }),
    ]);
    const both = { database: guarded, tokenRoles: ['owner', 'readonly'] };
    const password = { methods: ['pwd'], at: 1_000_000 };
    const withFactor = { methods: ['pwd', 'otp', 'mfa'], at: 1_000_000 };
    const weaker: readonly [string, Partial<PolicyRequest>, string][] = [
      ['refuses a password alone', { ...both, proof: password }, 'stronger_sign_in_required'],
      ['refuses whoever did not sign in here', both, 'stronger_sign_in_required'],
      ['refuses it as the default role', { database: guarded, proof: password }, 'stronger_sign_in_required'],
      [
        'refuses it to a hint and to a demand',
        { ...both, proof: password, roleHint: 'owner', roleDemanded: 'owner' },
        'stronger_sign_in_required',
      ],
      ['gives the lesser role to whoever names it', { ...both, roleHint: 'readonly' }, 'readonly'],
      ['gives it to whoever proved the factor', { ...both, proof: withFactor }, 'owner'],
    ];
    it.each(weaker)('%s', (_, fields, expected) => {
      expect(decided(fields)).toBe(expected);
    });
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
      'Your access token does not cover the role "readwrite". Get one that does: `grantway token authdb --role readwrite`, or the scope db:authdb:readwrite.',
    );
  });
});
