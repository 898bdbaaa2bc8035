import { testDatabase, testPermit } from '../../../../../tests/support/engine-door.ts';
import { driver, RelayFixture, relayLogin } from '../../../../../tests/support/relay-fixture.ts';
import { engineConformance } from '../conformance.ts';
import { postgresEngine } from './index.ts';

engineConformance(async () => {
  const fixture = new RelayFixture();
  await fixture.start();
  const slow = 'select pg_sleep(60) /* conformance */';
  return {
    open: (observer) => fixture.open(observer === undefined ? {} : { observer }),
    signIn: async (door) => {
      const client = await driver(door);
      return {
        run: async (statement) => {
          const { rows } = await client.query({ text: statement, rowMode: 'array' });
          return String(rows[0]?.[0] ?? '');
        },
        leave: () => client.end(),
        vanish: () => client.connection.stream.destroy(),
      };
    },
    connectWithForgedPermit: () => {
      const { host, port } = fixture.server;
      const database = testDatabase({ host, port }, relayLogin.login);
      const login = {
        database,
        login: relayLogin.login,
        password: undefined,
        settings: new Map(),
        connectTimeoutMs: 1_000,
        request: 'r',
      };
      return postgresEngine.connect({ ...testPermit(database, relayLogin.login) }, login);
    },
    statements: { one: 'select 1', failing: 'select 1/0', slow, unfinished: 'begin' },
    slowIs: (state) => (state === 'running' ? fixture.running(slow) : fixture.notRunning(slow)),
    closeDoors: () => fixture.closeDoors(),
    stop: () => fixture.stop(),
  };
});
