import type { Database, Role } from '../index.ts';

/** The role `readonly`, for everyone. */
export function sampleRole(fields: Partial<Role> = {}): Role {
  return {
    name: 'readonly',
    login: 'gw_readonly',
    allow: { kind: 'everyone' },
    maxSessionMs: 12 * 3_600_000,
    ...fields,
  };
}

/** The PostgreSQL database `authdb` on this machine, with a {@link sampleRole}. */
export function sampleDatabase(fields: Partial<Database> = {}): Database {
  return {
    name: 'authdb',
    engine: 'postgres',
    host: '127.0.0.1',
    port: 5432,
    upstreamName: 'authdb',
    tls: 'off',
    pool: { mode: 'session', size: 5 },
    shareAcrossPeople: false,
    audit: 'standard',
    auditParameters: false,
    roles: [sampleRole()],
    ...fields,
  };
}
