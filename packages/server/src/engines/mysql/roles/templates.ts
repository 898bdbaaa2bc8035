/**
 * The three levels that a configuration can name, as privileges on the one database.
 *
 * None gives what outlives a session or reaches out of the database: EVENT runs when nobody is signed in, EXECUTE runs
 * routines with the rights of whoever defined them, TRIGGER and CREATE ROUTINE leave code for others to run. DROP is
 * also the right to drop the whole database; the servers have no smaller one that TRUNCATE and DROP TABLE need.
 */
export const templates: Readonly<Record<'read' | 'write' | 'admin', readonly string[]>> = {
  read: ['SELECT', 'SHOW VIEW'],
  write: ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'SHOW VIEW'],
  admin: [
    'SELECT',
    'INSERT',
    'UPDATE',
    'DELETE',
    'CREATE',
    'DROP',
    'REFERENCES',
    'INDEX',
    'ALTER',
    'CREATE TEMPORARY TABLES',
    'LOCK TABLES',
    'CREATE VIEW',
    'SHOW VIEW',
  ],
};
