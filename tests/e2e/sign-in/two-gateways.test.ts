import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../../packages/server/src/core/index.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { type Page, Person } from '../../support/person.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';

/** Two processes on one store, with the same key and the same people. */
let gateways: readonly [TestGateway, TestGateway];
let server: TestPostgres;
let password = '';

beforeAll(async () => {
  server = await startPostgres();
  const database = `store_${newId().replaceAll(/\W/g, '')}`.toLowerCase();
  const admin = await server.adminClient();
  await admin.query(`CREATE DATABASE "${database}"`);
  await admin.end();
  const options = {
    config: { store: 'env:STORE_URL' },
    env: {
      STORE_URL: server.superuserUrl(database),
      TEST_MASTER_KEY: Buffer.alloc(32, 'only for tests').toString('base64'),
    },
  };
  const first = await startGateway(options);
  gateways = [first, await startGateway(options)];
  // The file of the gateway that started last says what the people's passwords are.
  password = gateways[1].passwordOf('viewer');
});
afterAll(async () => {
  for (const gateway of gateways ?? []) await gateway.stop();
  await server?.stop();
});

async function pageOf(reached: ReturnType<Person['open']>): Promise<Page> {
  const end = await reached;
  if (end.kind !== 'page') throw new Error(`led away to ${end.to}`);
  return end;
}

/** The password is typed, and the code is asked for: at the home page, or while an application waits. */
async function atCode(gateway: TestGateway, door: 'home' | 'application') {
  const person = new Person(gateway.issuer, 'viewer@example.com', password);
  const start = door === 'home' ? '/sign-in' : gateway.request().url;
  const page = await pageOf(person.signIn(await pageOf(person.open(start))));
  if (!page.html.includes('name="code"')) throw new Error(`not asked for a code:\n${page.html}`);
  return { person, page };
}

const isThrough = (end: Awaited<ReturnType<Person['open']>>) =>
  end.kind === 'departure' || /Sign out|name="decision"/.test(end.html);

describe('G14 the code of an app', () => {
  test('counts once for both gateways, at whatever page, in whatever spelling, at the same moment and after a restart', async () => {
    const person = new Person(gateways[0].issuer, 'viewer@example.com', password);
    await person.signIn(await pageOf(person.open('/sign-in')));
    const setUp = await pageOf(person.open('/factors/app'));
    const key = /class="key">([^<]+)</.exec(setUp.html)?.[1]?.replaceAll(' ', '') ?? '';
    const epoch = Math.floor(Date.now() / 1000);
    await pageOf(person.submit(setUp, { code: generateSync({ secret: key, epoch }) }));

    const places = await Promise.all([
      atCode(gateways[0], 'home'),
      atCode(gateways[0], 'application'),
      atCode(gateways[1], 'home'),
      atCode(gateways[1], 'application'),
    ]);
    // Of the next step: the one that set the app up is used.
    const code = generateSync({ secret: key, epoch: epoch + 30 });
    const spellings = [code, `${code.slice(0, 3)} ${code.slice(3)}`, ` ${code}`, `${code}\t`];
    const ends = await Promise.all(
      places.map(({ person: one, page }, n) => one.submit(page, { code: spellings[n] ?? code })),
    );
    expect(ends.filter(isThrough)).toHaveLength(1);

    await gateways[1].restart();
    const late = await atCode(gateways[1], 'home');
    const again = await late.person.submit(late.page, { code });
    expect([isThrough(again), again.kind === 'page' && again.status]).toEqual([false, 422]);
  });
});

test('G15 wrong passwords count for both gateways together, in whatever spelling of the name, also after a restart', async () => {
  const spellings = [
    'editor@example.com',
    'EDITOR@Example.com',
    ' editor@example.com',
    'ｅditor@example.com',
  ];
  const statuses: number[] = [];
  for (const [n, username] of [...spellings, 'editor@example.com '].entries()) {
    if (n === 3) await gateways[0].restart();
    const person = new Person(gateways[n % 2]?.issuer ?? '', username, 'wrong');
    statuses.push((await pageOf(person.signIn(await pageOf(person.open('/sign-in'))))).status);
  }
  expect(statuses).toEqual([422, 422, 422, 422, 422]);
  for (const { issuer } of gateways) {
    const right = new Person(issuer, 'editor@example.com', gateways[1].passwordOf('editor'));
    expect((await pageOf(right.signIn(await pageOf(right.open('/sign-in'))))).status).toBe(429);
  }
});
