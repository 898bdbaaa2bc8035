import { type Database, Refusal, type Role } from '../../../core/index.ts';

/** A kind of object, as SQL names it after `GRANT … ON`. */
export type ObjectKind = 'SCHEMA' | 'TABLE';

/** What a role of the database holds on every object of a kind that the manager account can grant. */
export type Privileges = Readonly<Record<ObjectKind, readonly string[]>>;

/** One managed role as the server should know it. */
export interface WantedRole {
  readonly login: string;
  /** The role of the database that holds the rights. */
  readonly role: string;
  readonly privileges: Privileges;
}

/**
 * None of them gives what reaches out of the database: ASSUMEROLE (COPY and UNLOAD with the cluster's AWS roles), USAGE
 * on languages, or the making of external schemas and libraries.
 */
const templates: Readonly<Record<'read' | 'write' | 'admin', Privileges>> = {
  read: { SCHEMA: ['USAGE'], TABLE: ['SELECT'] },
  write: { SCHEMA: ['USAGE'], TABLE: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] },
  admin: { SCHEMA: ['USAGE', 'CREATE'], TABLE: ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'REFERENCES'] },
};

/**
 * What the configuration wants. Roles carry the database's name, because they belong to the whole cluster.
 * @throws Refusal `request_invalid`
 */
export function wantedRoles(database: Database): readonly WantedRole[] {
  return database.roles.flatMap((role) =>
    role.grants === undefined ? [] : [wanted(database, role, role.grants)],
  );
}

function wanted(database: Database, { name, login }: Role, grants: NonNullable<Role['grants']>): WantedRole {
  if (grants.kind === 'statements') {
    // Nothing on a Redshift user can remember which statements have run.
    throw new Refusal('request_invalid', {
      what: `The role "${name}" has a list of statements as grants. On Redshift write read, write or admin.`,
    });
  }
  return {
    login: identifier(login),
    role: identifier(`grantway_${database.name}_${grants.template}`),
    privileges: templates[grants.template],
  };
}

/** Redshift folds names, also quoted ones, so that two roles could become one. It cuts none below 127 bytes. */
function identifier(name: string): string {
  if (/^[a-z_][a-z0-9_.@-]{0,126}$/.test(name)) return name;
  throw new Refusal('request_invalid', {
    what: `The name ${JSON.stringify(name)} cannot be used on Redshift: use small letters, digits and _ . @ - only.`,
  });
}
