import { afterAll, beforeAll, expect, test } from 'vitest';
import { outcomeOf } from '../../support/managed-mysql.ts';
import { mysqlVersions } from '../../support/mysql-builds.ts';
import { type MysqlGateway, shopLogin, shops, startMysqlGateway } from '../../support/mysql-gateway.ts';

let mysql: MysqlGateway;
beforeAll(async () => {
  mysql = await startMysqlGateway({ auditParameters: true });
});
afterAll(() => mysql?.stop());

async function auditLog(): Promise<readonly Record<string, unknown>[]> {
  const { stdout } = await mysql.gateway.operator('audit', 'tail', '--json', '--lines', '1000');
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test.for(mysqlVersions)(
  'J06 statements on %s are on record with who ran them, their parameters, rows and errors; tokens are not',
  async (version) => {
    const token = await mysql.token(version, 'editor', 'readwrite');
    const client = await mysql.client(token);
    await client.query('SELECT name FROM users WHERE id <= 3');
    await client.execute('SELECT name FROM users WHERE id = ?', [2]);
    await client.execute(`UPDATE users SET name = ? WHERE id = 3`, ['Edsger']);
    expect(await outcomeOf(client, 'DROP TABLE users')).toBe(1142);
    await client.end();
    await expect(mysql.client('gwt_stolen')).rejects.toThrow();

    const who = {
      person: 'local:editor@example.com',
      client: 'app',
      database: shops[version],
      role: 'readwrite',
    };
    const statement = { type: 'statement', ...who };
    await expect.poll(auditLog, { timeout: 15_000 }).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'admin', action: 'roles_applied', target: shops[version] }),
        expect.objectContaining({
          type: 'session_started',
          ...who,
          door: 'mysql',
          login: shopLogin('readwrite'),
        }),
        expect.objectContaining({
          ...statement,
          text: 'SELECT name FROM users WHERE id <= 3',
          outcome: 'succeeded',
          rows: 3,
        }),
        expect.objectContaining({
          ...statement,
          text: 'SELECT name FROM users WHERE id = ?',
          parameters: ['2'],
          rows: 1,
        }),
        expect.objectContaining({
          ...statement,
          text: expect.stringMatching(/^UPDATE /),
          outcome: 'succeeded',
        }),
        expect.objectContaining({
          ...statement,
          text: 'DROP TABLE users',
          outcome: 'failed',
          errorCode: '1142',
        }),
        expect.objectContaining({ type: 'session_ended', ...who, cause: 'client_left' }),
        expect.objectContaining({ type: 'door_refused', door: 'mysql', code: 'token_invalid' }),
      ]),
    );
    const everything = JSON.stringify(await auditLog());
    for (const secret of [token, 'gwt_stolen']) {
      expect(everything).not.toContain(secret);
      expect(mysql.gateway.log()).not.toContain(secret);
    }
  },
);

test('the secret of no login is in a log or a record, and a rotation lets sessions go on', async () => {
  for (const version of mysqlVersions) {
    const client = await mysql.client(await mysql.token(version, 'viewer', 'readonly'));
    await mysql.gateway.operator('roles', 'rotate', shops[version], '--role', 'readonly');
    expect(await outcomeOf(client, 'SELECT 1')).toBe('done');
    const fresh = await mysql.client(await mysql.token(version, 'editor', 'readonly'));
    expect(await outcomeOf(fresh, 'SELECT 1')).toBe('done');
    await client.end();
    await fresh.end();
    const { stdout } = await mysql.gateway.operator('roles', 'plan', shops[version], '--json');
    const planned = JSON.parse(stdout) as readonly { readonly byHand?: true }[];
    expect(planned.filter(({ byHand }) => byHand !== true)).toEqual([]);
  }
});
