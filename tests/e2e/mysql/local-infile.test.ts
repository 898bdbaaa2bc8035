import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mysqlVersions } from '../../support/mysql-builds.ts';
import { type MysqlGateway, shops, startMysqlGateway } from '../../support/mysql-gateway.ts';

let mysql: MysqlGateway;
beforeAll(async () => {
  mysql = await startMysqlGateway({ allowLocalInfile: true });
});
afterAll(() => mysql?.stop());

const load = "LOAD DATA LOCAL INFILE 'people.csv' INTO TABLE users FIELDS TERMINATED BY ',' (name, balance)";
const infileStreamFactory = () => Readable.from([Buffer.from('Barbara,12.50\n')]);

describe.for(mysqlVersions)('where the configuration allows files of clients, on %s', (version) => {
  beforeAll(() => mysql.shop(version).admin.query('SET GLOBAL local_infile = ON'));

  test('a client sends one as far as its role may write', async () => {
    const writer = await mysql.client(await mysql.token(version, 'editor', 'readwrite'));
    await writer.query({ sql: load, infileStreamFactory });
    const [rows] = await writer.query("SELECT balance FROM users WHERE name = 'Barbara'");
    expect(rows).toEqual([{ balance: '12.50' }]);

    const reader = await mysql.client(await mysql.token(version, 'viewer', 'readonly'));
    await expect(reader.query({ sql: load, infileStreamFactory })).rejects.toMatchObject({ errno: 1142 });
  });

  test('there is none over HTTP', async () => {
    const response = await fetch(`${mysql.gateway.issuer}/api/v1/databases/${shops[version]}/query`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await mysql.token(version, 'editor', 'readwrite')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ statement: load }),
    });
    expect(response.status).toBe(422);
    expect(await response.text()).toMatch(
      /Loading local data is disabled|disabled the local infile capability/,
    );
  });
});
