/** The kinds of object that a template gives rights on, as SQL names them after `GRANT … ON`. */
export type ObjectKind = 'DATABASE' | 'SCHEMA' | 'TABLE' | 'SEQUENCE';

/** What a group role holds on every object of a kind that the manager account can grant. */
export interface Template {
  readonly privileges: Readonly<Record<ObjectKind, readonly string[]>>;
  /** True when its logins can make tables, which the other roles must then be able to use. */
  readonly creates: boolean;
}

/**
 * The three levels that a configuration can name. None gives TRIGGER, which would run code with the rights of whoever
 * writes to the table next, or anything that reaches out of the database.
 */
export const templates: Readonly<Record<'read' | 'write' | 'admin', Template>> = {
  read: {
    creates: false,
    privileges: { DATABASE: ['CONNECT'], SCHEMA: ['USAGE'], TABLE: ['SELECT'], SEQUENCE: ['SELECT'] },
  },
  write: {
    creates: false,
    privileges: {
      DATABASE: ['CONNECT'],
      SCHEMA: ['USAGE'],
      TABLE: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
      SEQUENCE: ['SELECT', 'USAGE'],
    },
  },
  admin: {
    creates: true,
    privileges: {
      DATABASE: ['CONNECT', 'CREATE', 'TEMPORARY'],
      SCHEMA: ['USAGE', 'CREATE'],
      TABLE: ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES'],
      SEQUENCE: ['SELECT', 'USAGE', 'UPDATE'],
    },
  },
};
