import { spawn } from 'node:child_process';
import type { RowDataPacket } from 'mysql2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SamplePerson, TokenAnswer } from '../../support/gateway.ts';
import { outcomeOf } from '../../support/managed-mysql.ts';
import {
  type MysqlBuild,
  type MysqlVersion,
  mysqlBuilds,
  mysqlVersions,
} from '../../support/mysql-builds.ts';
import { type MysqlGateway, running, shops, startMysqlGateway } from '../../support/mysql-gateway.ts';
import { findServerProgram } from '../../support/server-program.ts';

let mysql: MysqlGateway;
beforeAll(async () => {
  mysql = await startMysqlGateway();
});
afterAll(() => mysql?.stop());

/** An error of the server or the driver, as what it says; `done` when there was none. */
const said = async (work: Promise<unknown>): Promise<string> =>
  await work.then(
    () => 'done',
    (cause: Error) => cause.message,
  );

describe.for(mysqlVersions)('a statement on %s', (version) => {
  const shop = () => mysql.shop(version);
  const untilRuns = async (part: string, count: number) =>
    await expect.poll(async () => await running(shop(), part), { timeout: 10_000 }).toBe(count);

  test('is ended by Ctrl-C in the stock client', async () => {
    const build: MysqlBuild = mysqlBuilds[version];
    const program = await findServerProgram(build);
    const [command, ...before] = program.command(build.client);
    const tls = build.product === 'mysql' ? '--ssl-mode=REQUIRED' : '--ssl';
    const where = [
      '--no-defaults',
      '--protocol=TCP',
      '--host=127.0.0.1',
      `--port=${mysql.port}`,
      '--user=me',
      tls,
    ];
    const child = spawn(command, [...before, ...where, '-e', `SELECT SLEEP(300), 'ctrl-c'`], {
      env: { PATH: process.env.PATH, MYSQL_PWD: await mysql.token(version, 'viewer', 'readonly') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const closed = new Promise((resolve) => child.once('close', resolve));
    await untilRuns('ctrl-c', 1);
    child.kill('SIGINT');
    await closed;
    await untilRuns('ctrl-c', 0);
  });

  test('is ended by KILL QUERY from another session of the same person, by the number that the client knows', async () => {
    const token = await mysql.token(version, 'viewer', 'readonly');
    const [one, other] = [await mysql.client(token), await mysql.client(token)];
    const statement = one.query(
      'SELECT /* killed */ MAX(SLEEP(1) + a.id) FROM users a, users b, users c, users d',
    );
    const ended = said(statement);
    await untilRuns('killed', 1);
    expect(await outcomeOf(other, `KILL QUERY ${one.threadId}`)).toBe('done');
    expect(await ended).toMatch(/interrupted/);
    expect(await outcomeOf(one, 'SELECT 1')).toBe('done');
    expect(await outcomeOf(other, `KILL ${one.threadId}`)).toBe('done');
    await expect.poll(async () => await outcomeOf(one, 'SELECT 1')).not.toBe('done');
    await other.end();
  });

  test('is ended by KILL QUERY also when the password of its role was rotated since', async () => {
    const token = await mysql.token(version, 'viewer', 'readonly');
    const [one, other] = [await mysql.client(token), await mysql.client(token)];
    const ended = said(
      one.query('SELECT /* rotated */ MAX(SLEEP(1) + a.id) FROM users a, users b, users c, users d'),
    );
    await untilRuns('rotated', 1);
    await mysql.gateway.operator('roles', 'rotate', shops[version], '--role', 'readonly');
    expect(await outcomeOf(other, `KILL QUERY ${one.threadId}`)).toBe('done');
    expect(await ended).toMatch(/interrupted/);
    expect(await outcomeOf(one, 'SELECT 1')).toBe('done');
    await one.end();
    await other.end();
  });

  test('D13 of another person is out of reach, by whatever number', async () => {
    const theirs = await mysql.client(await mysql.token(version, 'editor', 'readonly'));
    const mine = await mysql.client(await mysql.token(version, 'viewer', 'readonly'));
    // The driver never says how it ended, once it is destroyed.
    theirs.query('SELECT /* theirs */ SLEEP(300)').catch(() => {});
    await untilRuns('theirs', 1);
    const [rows] = await shop().admin.query<RowDataPacket[]>(
      `SELECT id FROM information_schema.processlist WHERE info LIKE '%theirs%' AND id <> CONNECTION_ID()`,
    );
    // The number that the server itself has for it is nobody's at the gateway.
    for (const number of [theirs.threadId, rows[0]?.id, 1]) {
      expect(await outcomeOf(mine, `KILL QUERY ${number}`)).toBe(1094);
      expect(await outcomeOf(mine, `KILL ${number}`)).toBe(1094);
    }
    expect(await running(shop(), 'theirs')).toBe(1);
    theirs.destroy();
    await untilRuns('theirs', 0);
    await mine.end();
  });
});

interface Way {
  readonly version: MysqlVersion;
  readonly person: SamplePerson;
  readonly takeBack: (tokens: TokenAnswer) => Promise<unknown>;
}

const ways: readonly (readonly [what: string, way: Way])[] = [
  [
    'the access token, by its client',
    {
      version: 'mysql-9.7',
      person: 'viewer',
      takeBack: async ({ accessToken }) =>
        await mysql.gateway.post('revoke', { client_id: 'app', token: accessToken }),
    },
  ],
  [
    'the application, by the person on the home page',
    {
      version: 'mariadb-10.11',
      person: 'viewer',
      takeBack: async () => {
        const person = mysql.gateway.person('viewer');
        await person.press(await person.home(), /^\/applications\/.+\/end$/);
      },
    },
  ],
  [
    'the person, by the operator',
    {
      version: 'mariadb-11.8',
      person: 'admin',
      takeBack: async () => await mysql.gateway.operator('users', 'disable', 'admin@example.com'),
    },
  ],
];

describe('access that is taken back', () => {
  test.for(ways)(
    '%s: ends sessions that run and that idle, says why, and lets nobody in again',
    async ([, { version, person, takeBack }]) => {
      const scope = `db:${shops[version]}:readonly offline_access`;
      const tokens = await mysql.gateway.tokens(person, { scope, prompt: 'consent' });
      const open = async () => await mysql.client(tokens.accessToken);
      const [runs, idles] = await Promise.all([open(), open()]);
      const statement = said(runs.query('SELECT /* taken back */ SLEEP(300) FROM users'));
      await expect.poll(async () => await running(mysql.shop(version), 'taken back')).toBe(1);

      await takeBack(tokens);
      expect(await statement).toMatch(/Your access was revoked/);
      await expect.poll(async () => await said(idles.query('SELECT 1'))).not.toBe('done');
      await expect.poll(async () => await running(mysql.shop(version), 'taken back')).toBe(0);
      expect(await said(open())).toMatch(/not valid any more|disabled/);
    },
  );
});
