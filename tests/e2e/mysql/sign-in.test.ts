import type { RowDataPacket } from 'mysql2';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SamplePerson } from '../../support/gateway.ts';
import { outcomeOf } from '../../support/managed-mysql.ts';
import { mysqlVersions } from '../../support/mysql-builds.ts';
import {
  type MysqlGateway,
  type ShopRole,
  shopLogin,
  shops,
  startMysqlGateway,
} from '../../support/mysql-gateway.ts';
import {
  expectedMysqlAttempts,
  mysqlRoleEscapes,
  mysqlServerEscapes,
  tryMysqlEscapes,
} from '../../support/mysql-role-escapes.ts';

let mysql: MysqlGateway;
beforeAll(async () => {
  mysql = await startMysqlGateway();
});
afterAll(() => mysql?.stop());

describe.for(mysqlVersions)('signing in to %s through the gateway', (version) => {
  const rights: readonly [SamplePerson, ShopRole, insert: number | 'done', create: number | 'done'][] = [
    ['viewer', 'readonly', 1142, 1142],
    ['editor', 'readwrite', 'done', 1142],
    ['admin', 'admin', 'done', 'done'],
  ];
  test.for(rights)(
    'a token of %s for %s makes the session that role’s account, and the database enforces it',
    async ([person, role, insert, create]) => {
      const client = await mysql.client(await mysql.token(version, person, role), {
        database: shops[version],
      });
      const [rows] = await client.query<RowDataPacket[]>(
        'SELECT CURRENT_USER() AS account, DATABASE() AS db',
      );
      expect(rows).toEqual([{ account: `${shopLogin(role)}@%`, db: 'shop' }]);
      expect(await outcomeOf(client, 'SELECT * FROM users')).toBe('done');
      expect(await outcomeOf(client, `INSERT INTO users (name) VALUES ('Niklaus')`)).toBe(insert);
      expect(await outcomeOf(client, `CREATE TABLE of_${role} (id INT)`)).toBe(create);
      await client.end();
    },
  );

  test('a token without a role is for the first role that the person has', async () => {
    const client = await mysql.client(await mysql.token(version, 'editor'));
    const [rows] = await client.query<RowDataPacket[]>('SELECT CURRENT_USER() AS account');
    expect(rows).toEqual([{ account: `${shopLogin('readwrite')}@%` }]);
    await client.end();
  });

  test('the token response says where the door is', async () => {
    const { body } = await mysql.gateway.tokens('viewer', { scope: `db:${shops[version]}:readonly` });
    expect(body).toMatchObject({
      database: shops[version],
      role: 'readonly',
      engine: 'mysql',
      host: '127.0.0.1',
      port: mysql.port,
      username: 'readonly',
    });
  });

  const refused: readonly [what: string, token: () => Promise<string>, error: RegExp][] = [
    ['a made-up token', async () => 'gwt_wrong', /This access token is not valid any more/],
    ['no token', async () => '', /Sign in first/],
    [
      'a token for another database',
      async () => (await mysql.gateway.tokens('viewer', { scope: 'db:authdb:readonly' })).accessToken,
      /This access token is for another database/,
    ],
  ];
  test.for(refused)('%s is refused in one clear sentence', async ([, token, error]) => {
    await expect(mysql.client(await token(), { database: shops[version] })).rejects.toThrow(error);
  });

  test('D01 D02 D07 a session stays who it is through every form, and cannot change its user', async () => {
    const token = await mysql.token(version, 'admin', 'admin');
    const client = await mysql.client(token, { multipleStatements: true });
    const { server, admin } = mysql.shop(version);
    await admin.query('CREATE ROLE boss');
    // Its number is the server's own, which means nobody at the gateway.
    const targets = { role: 'boss', account: 'administrator', session: admin.threadId ?? 0 };
    const forms = [
      ...mysqlRoleEscapes(targets),
      ...mysqlServerEscapes(targets).filter(({ name }) => !name.startsWith('KILL')),
    ];
    expect(await tryMysqlEscapes(client, forms)).toEqual(
      expectedMysqlAttempts(forms, server.product, shopLogin('admin')),
    );
    expect(await outcomeOf(client, `KILL ${targets.session}`)).toBe(1094);
    await expect(client.changeUser({ user: 'root', password: token })).rejects.toThrow();
    client.destroy();
  });
});

test('a clear-text client on the loopback door is let in, and its token goes by the door’s own key', async () => {
  const token = await mysql.token('mysql-9.7', 'viewer', 'readonly');
  const client = await createConnection({ host: '127.0.0.1', port: mysql.port, user: 'me', password: token });
  await client.end();
});
