import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type ManagedDatabase,
  makeManagedDatabase,
} from '../../../../../../tests/support/managed-database.ts';
import { startPostgres, type TestPostgres } from '../../../../../../tests/support/postgres.ts';
import type { Finding } from '../../role-manager.ts';
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

/** What is found, without what could not be looked at. */
async function examine(): Promise<readonly Finding[]> {
  const found = await postgresRoleManager.examine(sample.database, sample.managerPassword);
  return found.filter(({ code }) => !code.endsWith('_unseen'));
}

/** Each makes one weakness; `$login` and `$other` are mapped logins. */
const weaknesses: readonly [what: string, sql: string, severity: string, code: string][] = [
  ['C05 a superuser', 'ALTER ROLE $login SUPERUSER', 'danger', 'login_attribute'],
  ['C05 a maker of roles', 'ALTER ROLE $login CREATEROLE', 'danger', 'login_attribute'],
  ['C05 a replica', 'ALTER ROLE $login REPLICATION', 'danger', 'login_attribute'],
  ['C05 one whom no row policy holds', 'ALTER ROLE $login BYPASSRLS', 'danger', 'login_attribute'],
  ['a maker of databases', 'ALTER ROLE $login CREATEDB', 'warning', 'login_attribute'],
  ['C05 a reader of files', 'GRANT pg_read_server_files TO $login', 'danger', 'login_becomes_other'],
  ['C05 a writer of files', 'GRANT pg_write_server_files TO $login', 'danger', 'login_becomes_other'],
  [
    'C05 one who ends the statements of others',
    'GRANT pg_signal_backend TO $login',
    'danger',
    'login_becomes_other',
  ],
  ['a reader of everything', 'GRANT pg_read_all_data TO $login', 'warning', 'wide_role'],
  ['one who sees the statements of others', 'GRANT pg_monitor TO $login', 'warning', 'wide_role'],
  [
    'a writer in a language that nothing holds',
    `UPDATE pg_language SET lanpltrusted = true WHERE lanname = 'internal'`,
    'danger',
    'untrusted_language',
  ],
  [
    'C09 a routine of somebody else that calls what its caller puts in its way',
    `GRANT CREATE ON SCHEMA public TO $other; SET ROLE $other;
     CREATE FUNCTION public.borrowed() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
     RESET ROLE; REVOKE CREATE ON SCHEMA public FROM $other;
     REVOKE EXECUTE ON FUNCTION public.borrowed() FROM PUBLIC; GRANT EXECUTE ON FUNCTION public.borrowed() TO $login`,
    'warning',
    'definer_search_path',
  ],
  ['C05 a starter of programs', 'GRANT pg_execute_server_program TO $login', 'danger', 'login_becomes_other'],
  ['C05 a member of another login', 'GRANT $other TO $login', 'danger', 'login_becomes_other'],
  [
    'C09 a routine of a superuser',
    `CREATE FUNCTION public.odd() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
     REVOKE EXECUTE ON FUNCTION public.odd() FROM PUBLIC; GRANT EXECUTE ON FUNCTION public.odd() TO $login`,
    'danger',
    'definer_routine',
  ],
  [
    'a routine in a language that nothing holds',
    `CREATE FUNCTION public.loud(text) RETURNS text LANGUAGE internal AS 'upper';
     REVOKE EXECUTE ON FUNCTION public.loud(text) FROM PUBLIC; GRANT EXECUTE ON FUNCTION public.loud(text) TO $login`,
    'warning',
    'untrusted_routine',
  ],
  [
    'a password that is kept as MD5, where the manager may see it',
    `GRANT SELECT ON pg_authid TO $manager; SET password_encryption = 'md5'; ALTER ROLE $login PASSWORD 'old'`,
    'warning',
    'stored_md5',
  ],
  [
    'C07 an extension that connects to other servers',
    'CREATE EXTENSION dblink',
    'warning',
    'outward_extension',
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
  await sample.superuser.query(
    sql
      .replaceAll('$login', names.$login)
      .replaceAll('$other', names.$other)
      .replaceAll('$manager', sample.database.manager?.login ?? ''),
  );
  const found = await examine();
  expect(found.map((one) => [one.severity, one.code])).toEqual([[severity, code]]);
  for (const { mend } of found) await sample.superuser.query(mend);
  expect(await examine()).toEqual([]);
});

test.for([
  ['trust', 'danger'],
  ['md5', 'warning'],
])('a line of pg_hba.conf that says %s is found where the manager may see it', async ([method, severity]) => {
  const manager = sample.database.manager?.login;
  await sample.superuser.query(
    `GRANT SELECT ON pg_hba_file_rules TO ${manager}; GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO ${manager}`,
  );
  const line = 'host all all 127.0.0.1/32 scram-sha-256';
  await server.hba([line, `host all all 192.0.2.1/32 ${method}`]);
  expect((await examine()).map((one) => [one.severity, one.code])).toEqual([[severity, `hba_${method}`]]);
  await server.hba([line, 'host all all 192.0.2.1/32 scram-sha-256']);
  expect(await examine()).toEqual([]);
});

test('a server without TLS is found where others than this machine reach it', async () => {
  // Nothing here has that address: the server says so in its log, and goes on with the other.
  const reachable = await startPostgres({ settings: { listen_addresses: '127.0.0.1,192.0.2.1' } });
  const own = await makeManagedDatabase(reachable);
  try {
    const found = await postgresRoleManager.examine(own.database, own.managerPassword);
    expect(found.map(({ severity, code }) => [severity, code])).toContainEqual(['warning', 'no_tls']);
  } finally {
    await own.close();
    await reachable.stop();
  }
});

test('what the manager may not see is told, with what makes it visible or where to look', async () => {
  const own = await makeManagedDatabase(server);
  const notes = async () => {
    const found = await postgresRoleManager.examine(own.database, own.managerPassword);
    return found.filter(({ code }) => code.endsWith('_unseen'));
  };
  const before = await notes();
  expect(before.map(({ severity, code }) => [severity, code])).toEqual([
    ['note', 'passwords_unseen'],
    ['note', 'hba_unseen'],
  ]);
  await own.superuser.query(before[1]?.mend ?? '');
  expect((await notes()).map(({ code }) => code)).toEqual(['passwords_unseen']);
  await own.close();
});
