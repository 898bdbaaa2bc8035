import type { AllowRule, ClaimValue, Database, Principal, Role } from '../../core/index.ts';
import { sampleDatabase } from '../../core/testing/index.ts';
import type { PolicyRequest } from '../index.ts';

/** In milliseconds. */
export const hour = 3_600_000;

/** Ann, who signed in locally. */
export function person(fields: Partial<Principal> = {}): Principal {
  return {
    method: 'local',
    subject: 'ann@example.com',
    displayName: 'Ann',
    groups: [],
    claims: {},
    ...fields,
  };
}

/** A role with this rule. */
export function role(name: string, allow: AllowRule, maxSessionMs = 12 * hour): Role {
  return { name, login: `gw_${name}`, password: `env:${name}`, allow, maxSessionMs };
}

/** A database with these roles. */
export function database(roles: readonly Role[]): Database {
  return sampleDatabase({ roles });
}

/** Three roles: administrators, editors, everyone. */
export const authdb = database([
  role('admin', { kind: 'groups', anyOf: ['admin'] }, hour),
  role('readwrite', { kind: 'groups', anyOf: ['admin', 'editor'] }),
  role('readonly', { kind: 'everyone' }),
]);

/** An editor who asks for the default role. */
export function request(fields: Partial<PolicyRequest> = {}): PolicyRequest {
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

/** Rules and principals in one word each, for the tables. */
export const groups = (...anyOf: string[]): AllowRule => ({ kind: 'groups', anyOf });
/** A rule for these people. */
export const users = (...anyOf: string[]): AllowRule => ({ kind: 'users', anyOf });
/** A rule for these clients. */
export const clients = (...anyOf: string[]): AllowRule => ({ kind: 'clients', anyOf });
/** A rule for whoever has these claims. */
export const claims = (equal: Record<string, string | number | boolean>): AllowRule => ({
  kind: 'claims',
  equal,
});
/** Somebody with one claim, whatever it is. */
export const claim = (name: string, value: unknown): Principal =>
  person({ claims: { [name]: value as ClaimValue } });
