import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { psql } from '../support/psql.ts';

let gateway: TestGateway;
const tokens = { viewer: '', editor: '', admin: '' };
beforeAll(async () => {
  gateway = await startGateway();
  for (const name of ['viewer', 'editor', 'admin'] as const)
    tokens[name] = (await gateway.tokens(name, { scope: 'db:authdb' })).accessToken;
});
afterAll(() => gateway?.stop());

const insert = "INSERT INTO users (name, email) VALUES ('New', 'new@example.com')";

describe('psql with a token as the password', () => {
  test.each([
    ['viewer', 'app_readonly'],
    ['editor', 'app_readwrite'],
    ['admin', 'app_admin'],
  ] as const)('as %s is logged in to the database as %s', async (name, login) => {
    const { stdout, stderr } = await psql(
      gateway,
      { token: tokens[name] },
      'SELECT session_user, current_user',
    );
    expect(stderr).toBe('');
    expect(stdout).toBe(`${login}|${login}`);
  });

  test('a viewer reads, and the database refuses the INSERT', async () => {
    const read = await psql(gateway, { token: tokens.viewer }, 'SELECT name FROM users ORDER BY id LIMIT 3');
    expect(read.stdout.split('\n')).toEqual(['Ada', 'Grace', 'Edsger']);
    const write = await psql(gateway, { token: tokens.viewer }, insert);
    expect(write.stderr).toContain('ERROR:  permission denied for table users');
    const peek = await psql(gateway, { token: tokens.viewer }, 'SELECT * FROM sensitive_data');
    expect(peek.stderr).toContain('permission denied for table sensitive_data');
  });

  test('an editor inserts, and may not create a table', async () => {
    expect((await psql(gateway, { token: tokens.editor }, insert)).stdout).toBe('INSERT 0 1');
    const create = await psql(gateway, { token: tokens.editor }, 'CREATE TABLE editors (id int)');
    expect(create.stderr).toContain('permission denied for schema public');
  });

  test('an admin creates a table', async () => {
    const { stdout } = await psql(
      gateway,
      { token: tokens.admin },
      'CREATE TABLE admins (id int)',
      'DROP TABLE admins',
    );
    expect(stdout).toBe('CREATE TABLE\nDROP TABLE');
  });

  test('the user name picks among the roles of the token, and is ignored when it names none of them', async () => {
    const scope = 'db:authdb:readonly db:authdb:readwrite';
    const { accessToken: token } = await gateway.tokens('admin', { scope });
    const login = async (user: string) =>
      (await psql(gateway, { token, user }, 'SELECT session_user')).stdout;
    expect(await login('readonly')).toBe('app_readonly');
    expect(await login('readwrite')).toBe('app_readwrite');
    expect(await login('app_admin')).toBe('app_readwrite');
    expect(await login('admin')).toBe('app_readwrite');
  });

  test('TLS is there for those who ask, on loopback clear text is too', async () => {
    for (const PGSSLMODE of ['disable', 'require']) {
      const { stdout, stderr } = await psql(
        gateway,
        { token: tokens.viewer, env: { PGSSLMODE } },
        'SELECT 1',
      );
      expect(stderr).toBe('');
      expect(stdout).toBe('1');
    }
  });

  test('COPY goes both ways', async () => {
    const out = await psql(
      gateway,
      { token: tokens.viewer },
      'COPY (SELECT generate_series(1, 50000)) TO STDOUT',
    );
    expect(out.stdout.split('\n').length).toBe(50_000);
    const program = "\\copy (SELECT 'x') TO STDOUT";
    expect((await psql(gateway, { token: tokens.viewer }, program)).stdout).toBe('x');
  });

  test('settings of the connection are the ones that the client asked for', async () => {
    const env = { PGOPTIONS: '-c search_path=pg_catalog', PGTZ: 'Asia/Tokyo', PGAPPNAME: 'my program' };
    const { stdout } = await psql(
      gateway,
      { token: tokens.viewer, env },
      'SHOW search_path',
      'SHOW timezone',
      'SHOW application_name',
    );
    expect(stdout.split('\n')).toEqual(['pg_catalog', 'Asia/Tokyo', 'my program']);
  });

  test('the token may come as a start-up option instead of the password', async () => {
    const env = { PGOPTIONS: `-c authToken=${tokens.viewer}`, PGPASSWORD: '' };
    const { stdout, stderr } = await psql(gateway, { token: '', env }, 'SELECT session_user');
    expect(stderr).toBe('');
    expect(stdout).toBe('app_readonly');
  });
});
