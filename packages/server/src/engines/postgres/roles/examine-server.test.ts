import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type ManagedDatabase,
  makeManagedDatabase,
} from '../../../../../../tests/support/managed-database.ts';
import { startPostgres, type TestPostgres } from '../../../../../../tests/support/postgres.ts';
import { postgresRoleManager } from './index.ts';

let server: TestPostgres;
let sample: ManagedDatabase;

beforeAll(async () => {
  server = await startPostgres();
  sample = await makeManagedDatabase(server);
  await postgresRoleManager.apply(sample.database, sample.managerPassword);
});
afterAll(async () => {
  await sample.close();
  await server.stop();
});

const examine = async () => await postgresRoleManager.examine(sample.database, sample.managerPassword);

/** Each makes one weakness; `$login` and `$other` are mapped logins. */
const weaknesses: readonly [what: string, sql: string, severity: string, code: string][] = [
  ['a superuser', 'ALTER ROLE $login SUPERUSER', 'danger', 'login_attribute'],
  ['a maker of roles', 'ALTER ROLE $login CREATEROLE', 'danger', 'login_attribute'],
  ['a replica', 'ALTER ROLE $login REPLICATION', 'danger', 'login_attribute'],
  ['one whom no row policy holds', 'ALTER ROLE $login BYPASSRLS', 'danger', 'login_attribute'],
  ['a maker of databases', 'ALTER ROLE $login CREATEDB', 'warning', 'login_attribute'],
  ['a reader of files', 'GRANT pg_read_server_files TO $login', 'danger', 'login_becomes_other'],
  ['a writer of files', 'GRANT pg_write_server_files TO $login', 'danger', 'login_becomes_other'],
  ['a starter of programs', 'GRANT pg_execute_server_program TO $login', 'danger', 'login_becomes_other'],
  ['a member of another login', 'GRANT $other TO $login', 'danger', 'login_becomes_other'],
  [
    'a routine of a superuser',
    `CREATE FUNCTION public.odd() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
     REVOKE EXECUTE ON FUNCTION public.odd() FROM PUBLIC; GRANT EXECUTE ON FUNCTION public.odd() TO $login`,
    'danger',
    'definer_routine',
  ],
  [
    'a schema that is open to everybody',
    'GRANT CREATE ON SCHEMA public TO PUBLIC',
    'warning',
    'public_create',
  ],
];

test('there is nothing to say about logins as apply makes them', async () => {
  expect(await examine()).toEqual([]);
});

test.for(weaknesses)('%s is found, and gone after what is printed', async ([, sql, severity, code]) => {
  const names = { $login: sample.role('readonly').login, $other: sample.role('admin').login };
  await sample.superuser.query(sql.replaceAll('$login', names.$login).replaceAll('$other', names.$other));
  const found = await examine();
  expect(found.map((one) => [one.severity, one.code])).toEqual([[severity, code]]);
  for (const { mend } of found) await sample.superuser.query(mend);
  expect(await examine()).toEqual([]);
});
