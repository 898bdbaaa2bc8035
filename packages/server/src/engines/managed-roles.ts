import { type Database, type ManagedGrants, Refusal, type Role } from '../core/index.ts';

/** A role whose login Grantway makes. */
export type ManagedRole = Role & { readonly grants: ManagedGrants };

/**
 * The managed roles of a database, in the order of the configuration.
 * @throws Refusal `request_invalid` when two of them share a login: each would take the other's rights away
 */
export function managedRoles({ name, roles }: Database): readonly ManagedRole[] {
  const managed = roles.filter((role): role is ManagedRole => role.grants !== undefined);
  const logins = new Set<string>();
  for (const { login } of managed) {
    if (logins.has(login)) {
      throw new Refusal('request_invalid', { what: `Two roles of "${name}" share the login "${login}".` });
    }
    logins.add(login);
  }
  return managed;
}
