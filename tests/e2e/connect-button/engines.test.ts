import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { availablePorts } from '../../../packages/server/src/demo/free-port.ts';
import { startChromium } from '../../support/chromium.ts';
import {
  connectButtonClient,
  type RunningConnectButton,
  startConnectButton,
  Visitor,
} from '../../support/connect-button.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { startMariadb, type TestMysql } from '../../support/mysql.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { startRedshift, type TestRedshift } from '../../support/redshift.ts';

const secrets = { reader: 'TestReader1', writer: 'TestWriter1' } as const;
const databases = { postgres: 'authdb', mysql: 'shop', redshift: 'warehouse', redis: 'cache' } as const;
const { env, clients } = connectButtonClient(Object.values(databases));

let shop: TestMysql;
let warehouse: TestRedshift;
let cache: TestRedis;
let gateway: TestGateway;
let browser: Browser;
let button: RunningConnectButton;
let viewer: Visitor;
let editor: Visitor;

beforeAll(async () => {
  [shop, warehouse, cache, browser] = await Promise.all([
    startShop(),
    startWarehouse(),
    startCache(),
    startChromium(),
  ]);
  const [mysqlDoor, redshiftDoor, redisDoor] = await availablePorts([0, 0, 0]);
  const doors = { mysql: mysqlDoor, redshift: redshiftDoor, redis: redisDoor };
  const roles = {
    readwrite: { login: 'writer', password: 'env:TEST_WRITER', allow: { groups: ['editor'] } },
    readonly: { login: 'reader', password: 'env:TEST_READER', allow: 'everyone' },
  };
  const behind = ({ host, port }: { host: string; port: number }) => ({ host, port, tls: 'off', roles });
  gateway = await startGateway({
    env: { ...env, TEST_READER: secrets.reader, TEST_WRITER: secrets.writer },
    config: { clients },
    listen: Object.fromEntries(Object.entries(doors).map(([door, port]) => [door, `127.0.0.1:${port}`])),
    databases: {
      shop: { engine: 'mysql', database: 'shop', ...behind(shop) },
      warehouse: { engine: 'redshift', database: 'postgres', ...behind(warehouse) },
      cache: { engine: 'redis', ...behind(cache) },
    },
  });
  button = await startConnectButton(gateway, {
    databases,
    clientSecret: env.TEST_CONNECT_BUTTON,
    ca: await readFile(join(gateway.dataDir, 'tls', 'server.crt'), 'utf8'),
  });
  viewer = await Visitor.open(browser, gateway, 'viewer');
  editor = await Visitor.open(browser, gateway, 'editor');
});
afterAll(async () => {
  await browser?.close();
  await button?.stop();
  await gateway?.stop();
  await cache?.stop();
  await warehouse?.stop();
  await shop?.stop();
});

async function startShop(): Promise<TestMysql> {
  const server = await startMariadb();
  const admin = await server.adminClient();
  for (const statement of [
    'CREATE OR REPLACE DATABASE shop',
    'CREATE TABLE shop.users (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(100), email VARCHAR(100))',
    "INSERT INTO shop.users (name, email) VALUES ('Ada', 'ada@shop.example')",
    `CREATE OR REPLACE USER reader IDENTIFIED BY '${secrets.reader}'`,
    `CREATE OR REPLACE USER writer IDENTIFIED BY '${secrets.writer}'`,
    'GRANT SELECT ON shop.* TO reader, writer',
    'GRANT INSERT ON shop.* TO writer',
  ]) {
    await admin.query(statement);
  }
  await admin.end();
  return server;
}

async function startWarehouse(): Promise<TestRedshift> {
  const double = await startRedshift();
  const admin = await double.server.adminClient();
  await admin.query(`
    CREATE ROLE reader LOGIN; CREATE ROLE writer LOGIN;
    CREATE TABLE users (id int GENERATED ALWAYS AS IDENTITY, name text, email text);
    INSERT INTO users (name, email) VALUES ('Grace', 'grace@warehouse.example');
    GRANT SELECT ON users TO reader, writer;
    GRANT INSERT ON users TO writer;
  `);
  await admin.end();
  for (const [login, secret] of Object.entries(secrets)) {
    double.accounts.set(login, { method: 'digest', secret, postgresLogin: login });
  }
  return double;
}

async function startCache(): Promise<TestRedis> {
  const server = await startRedis({
    acl: [
      `user reader on >${secrets.reader} ~* +@read +@connection`,
      `user writer on >${secrets.writer} ~* +@read +@write +@connection`,
    ],
  });
  const admin = await server.adminClient();
  await admin.set('session:ada', 'hello');
  admin.disconnect();
  return server;
}

test.each([
  { title: 'PostgreSQL', database: 'authdb', found: 'ada@example.com', thing: 'row', added: 'Somebody New' },
  { title: 'MySQL', database: 'shop', found: 'ada@shop.example', thing: 'row', added: 'Somebody New' },
  {
    title: 'Redshift',
    database: 'warehouse',
    found: 'grace@warehouse.example',
    thing: 'row',
    added: 'Somebody New',
  },
  { title: 'Redis', database: 'cache', found: 'session:ada', thing: 'key', added: 'connect-button:' },
])('$title: a person reads as one role, and another person adds as another and stays', async (row) => {
  const { title, database, found, thing, added } = row;
  const seen: string[] = [];
  for (const person of [viewer, editor]) {
    await person.page.goto(button.url);
    await person.connect(title);
    const said = await person.says(title);
    for (const part of [found, database]) expect(said).toContain(part);
    seen.push(said);
  }
  expect(seen[0]).toMatch(/viewer@example\.com.*readonly/s);
  expect(seen[1]).toMatch(/editor@example\.com.*readwrite/s);

  const add = { name: `Add a ${thing}` };
  await viewer.part(title).getByRole('button', add).click();
  const refusal = await viewer.part(title).getByRole('alert').innerText();
  expect(refusal).toContain(`The database refused the new ${thing} to the role readonly`);
  await editor.part(title).getByRole('button', add).click();
  await editor.part(title).getByRole('cell', { name: added }).waitFor();

  await viewer.part(title).getByRole('button', { name: 'Disconnect' }).click();
  await viewer
    .part(title)
    .getByRole('link', { name: `Connect to ${title}` })
    .waitFor();
  await editor.page.reload();
  await editor.part(title).getByRole('cell', { name: added }).waitFor();
});
