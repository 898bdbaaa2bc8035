import type pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { testDatabase } from '../../../../../../tests/support/engine-door.ts';
import { startRedshift, type TestRedshift } from '../../../../../../tests/support/redshift.ts';
import { type AwsAccess, type Database, type Role, Secret } from '../../../core/index.ts';
import { redshiftRoleManager } from './index.ts';

const managerPassword = new Secret('Manager1');
let redshift: TestRedshift;
let admin: pg.Client;

beforeAll(async () => {
  redshift = await startRedshift();
  admin = await redshift.server.adminClient();
  await admin.query(`
    CREATE ROLE gw_manager LOGIN CREATEROLE;
    CREATE ROLE reader LOGIN VALID UNTIL '2099-01-01';
    CREATE ROLE etl LOGIN;
    CREATE SCHEMA sales;
    CREATE TABLE sales.orders (id int);
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
  `);
  redshift.accounts.set('gw_manager', {
    method: 'digest',
    secret: managerPassword.reveal(),
    postgresLogin: 'gw_manager',
  });
});
afterEach(async () => {
  await admin.query('DROP ROLE IF EXISTS grp_readers, boss');
});
afterAll(async () => {
  await admin.end();
  await redshift.stop();
});

const everybody = { kind: 'everyone' } as const;
const reader: Role = {
  name: 'reader',
  login: 'reader',
  password: 'env:READER',
  allow: everybody,
  maxSessionMs: 1,
};
const aws: AwsAccess = {
  region: 'eu-central-1',
  warehouse: { kind: 'cluster', identifier: 'sales' },
  loginAs: 'role',
  autoCreate: false,
  durationMs: 900_000,
};

/** What is found, without what the double always has: a superuser of PostgreSQL's own, and no TLS. */
async function examine(roles: readonly Role[] = [reader], more: Partial<Database> = {}) {
  const { host, port } = redshift;
  const database: Database = {
    ...testDatabase({ host, port, engine: 'redshift', roles, ...more }, 'unused'),
    manager: { login: 'gw_manager', password: 'env:UNUSED' },
  };
  const found = await redshiftRoleManager.examine(database, managerPassword);
  const always = found.filter(
    ({ code, meaning }) =>
      code === 'clear_text' || (code === 'another_superuser' && meaning.includes('postgres')),
  );
  expect(always.map(({ severity, code }) => [severity, code])).toEqual([
    ['note', 'another_superuser'],
    ['warning', 'clear_text'],
  ]);
  return found.filter((one) => !always.includes(one));
}

test('there is nothing to say about a login that is nothing but itself', async () => {
  expect(await examine()).toEqual([]);
});

const weaknesses: readonly [what: string, sql: string, severity: string, code: string][] = [
  ['C18 a login that is a superuser', 'ALTER ROLE reader SUPERUSER', 'danger', 'login_superuser'],
  ['another user who is a superuser', 'CREATE ROLE boss LOGIN SUPERUSER', 'note', 'another_superuser'],
  [
    'a schema that everybody can make tables in',
    'GRANT CREATE ON SCHEMA sales TO PUBLIC',
    'warning',
    'public_create',
  ],
  ['tables that everybody can read', 'GRANT SELECT ON sales.orders TO PUBLIC', 'warning', 'public_tables'],
  ['a group that no role names', 'CREATE GROUP grp_readers', 'note', 'group_unmapped'],
];
test.each(weaknesses)('%s is found, and gone after what is printed', async (_, sql, severity, code) => {
  await admin.query(sql);
  const found = await examine();
  expect(found.map((one) => [one.severity, one.code])).toEqual([[severity, code]]);
  // Redshift has CREATEUSER for what PostgreSQL calls SUPERUSER since 8.1.
  for (const { mend } of found) await admin.query(mend.replace('NOCREATEUSER', 'NOSUPERUSER'));
  expect(await examine()).toEqual([]);
});

test('a login in a group is found, and gone after what is printed', async () => {
  await admin.query('CREATE GROUP grp_readers; ALTER GROUP grp_readers ADD USER reader');
  const roles = [reader, { ...reader, name: 'aws', login: 'other', dbGroups: ['grp_readers'] }];
  const [{ password: _, ...issued } = reader] = roles.slice(1);
  const found = await examine([reader, issued], { aws });
  expect(found).toMatchObject([
    { severity: 'warning', code: 'login_in_group', mend: 'ALTER GROUP "grp_readers" DROP USER "reader"' },
  ]);
  await admin.query(found[0]?.mend ?? '');
  expect(await examine([reader, issued], { aws })).toEqual([]);
});

test('a group that a role names and that is not there is found, and gone after what is printed', async () => {
  const { password: _, ...issued } = { ...reader, dbGroups: ['grp_readers'] };
  const found = await examine([issued], { aws });
  expect(found).toMatchObject([{ severity: 'warning', code: 'group_missing' }]);
  await admin.query(found[0]?.mend ?? '');
  expect(await examine([issued], { aws })).toEqual([]);
});

test('a password of the config that never ends is found, and none that Grantway changes or AWS issues', async () => {
  const etl: Role = { ...reader, name: 'etl', login: 'etl' };
  expect(await examine([etl])).toMatchObject([{ severity: 'note', code: 'password_for_ever' }]);
  const { password: _, ...without } = etl;
  expect(await examine([without], { aws })).toEqual([]);
  expect(await examine([{ ...without, grants: { kind: 'template', template: 'read' } }])).toEqual([]);
});

test('users that AWS makes are a thing to know', async () => {
  const { password: _, ...issued } = reader;
  expect(await examine([issued], { aws: { ...aws, autoCreate: true } })).toMatchObject([
    { severity: 'note', code: 'auto_create' },
  ]);
});

test('a manager account that is a superuser looks at nothing', async () => {
  await admin.query('ALTER ROLE gw_manager SUPERUSER');
  await expect(examine()).rejects.toThrow(/is a superuser/);
  await admin.query('ALTER ROLE gw_manager NOSUPERUSER');
});
