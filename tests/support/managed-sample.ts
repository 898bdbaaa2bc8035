import type { Database, ManagedGrants, Role } from '../../packages/server/src/core/index.ts';
import { sampleRole } from '../../packages/server/src/core/testing/index.ts';

/** What a sample has where a test asks for nothing else. */
export const threeTemplates: Readonly<Record<string, ManagedGrants>> = {
  admin: { kind: 'template', template: 'admin' },
  readwrite: { kind: 'template', template: 'write' },
  readonly: { kind: 'template', template: 'read' },
};

/** Managed roles named as the keys of the grants, with the logins that `loginOf` gives. */
export function managedSampleRoles(
  grants: Readonly<Record<string, ManagedGrants>>,
  loginOf: (role: string) => string,
): readonly Role[] {
  return Object.entries(grants).map(([name, given]) =>
    sampleRole({ name, login: loginOf(name), grants: given }),
  );
}

/** @throws TypeError when the database has no role of this name */
export function roleNamed({ name, roles }: Database, wanted: string): Role {
  const found = roles.find((one) => one.name === wanted);
  if (found === undefined) throw new TypeError(`${name} has no role ${wanted}`);
  return found;
}
