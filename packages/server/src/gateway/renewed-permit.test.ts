import { describe, expect, it } from 'vitest';
import { type Database, mintPermit, type Principal } from '../core/index.ts';
import { sampleDatabase, sampleRole } from '../core/testing/index.ts';
import type { VerifiedToken } from '../oauth/index.ts';
import { renewedPermit } from './renewed-permit.ts';

const role = (name: string, login = `app_${name}`) => sampleRole({ name, login, maxSessionMs: 60_000 });
const database = sampleDatabase({ name: 'cache', engine: 'redis', roles: [role('writer'), role('reader')] });
const person = (subject: string): Principal => ({
  method: 'local',
  subject,
  displayName: subject,
  groups: [],
  claims: {},
});
const permit = mintPermit({
  principal: person('ann'),
  database,
  role: role('reader'),
  clientId: 'app',
  consentId: 'first consent',
  tokenHash: 'first token',
  endsAt: 1_000,
});
const token: VerifiedToken = {
  tokenHash: 'second token',
  principal: person('ann'),
  clientId: 'app',
  consentId: 'second consent',
  database: 'cache',
  roles: ['reader'],
  scopes: ['db:cache:reader'],
  expiresAt: 100_000,
};

describe('a token that is shown in the middle of a session', () => {
  it('renews the permit: the same role, from now on', () => {
    expect(renewedPermit(permit, token, database, 50_000)).toMatchObject({
      role: { name: 'reader' },
      consentId: 'second consent',
      tokenHash: 'second token',
      endsAt: 110_000,
    });
  });

  it.each<[what: string, token: Partial<VerifiedToken>, now: Database | undefined, code: string]>([
    ['of another person', { principal: person('bob') }, database, 'forbidden'],
    ['of another client', { clientId: 'other' }, database, 'forbidden'],
    ['for another database', { database: 'other' }, { ...database, name: 'other' }, 'token_wrong_database'],
    ['for a database that is gone', {}, undefined, 'token_wrong_database'],
    ['for another role', { roles: ['writer'] }, database, 'role_not_granted'],
    ['for the default role, which this is not', { roles: [] }, database, 'role_not_granted'],
    [
      'after the role was given another login',
      {},
      { ...database, roles: [role('reader', 'other_login')] },
      'access_revoked',
    ],
    ['after the database has moved', {}, { ...database, port: 6380 }, 'access_revoked'],
  ])('is refused when it is %s', (_, changes, now, code) => {
    expect(() => renewedPermit(permit, { ...token, ...changes }, now, 50_000)).toThrow(
      expect.objectContaining({ code }),
    );
  });
});
