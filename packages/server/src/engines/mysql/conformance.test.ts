import { describe } from 'vitest';
import { testDatabase, testPermit } from '../../../../../tests/support/engine-door.ts';
import { mysqlVersions } from '../../../../../tests/support/mysql-builds.ts';
import { MysqlFixture, mysqlDriver, mysqlLogin, rowsOf } from '../../../../../tests/support/mysql-fixture.ts';
import { engineConformance } from '../conformance.ts';
import { mysqlEngine } from './index.ts';

describe.for(mysqlVersions)('on %s', (version) => {
  engineConformance(async () => {
    const fixture = await MysqlFixture.start(version);
    // MySQL's SLEEP ends as if it were over when it is killed; a read of rows fails.
    const slow = `select /* conformance */ max(sleep(1) + a.id) from numbers a, numbers b`;
    await fixture.admin.query('CREATE TABLE app.numbers (id INT)');
    await fixture.admin.query('INSERT INTO app.numbers VALUES (1),(2),(3),(4),(5),(6),(7),(8)');
    return {
      open: (observer) => fixture.open(observer === undefined ? {} : { observer }),
      signIn: async (door) => {
        const connection = await mysqlDriver(door);
        // The driver says nothing to those who wait when it is destroyed.
        const gone = Promise.withResolvers<never>();
        gone.promise.catch(() => {});
        return {
          run: async (statement) => {
            const rows = await Promise.race([rowsOf(connection, statement), gone.promise]);
            return String(rows[0]?.[0] ?? '');
          },
          leave: () => connection.end(),
          vanish: () => {
            connection.destroy();
            gone.reject(new Error('the client has gone'));
          },
        };
      },
      connectWithForgedPermit: () => {
        const { host, port } = fixture.server;
        const { login } = mysqlLogin;
        const database = testDatabase({ host, port, engine: 'mysql' }, login);
        return mysqlEngine.connect(
          { ...testPermit(database, login) },
          {
            database,
            login,
            password: undefined,
            settings: new Map(),
            connectTimeoutMs: 1_000,
            request: 'r',
          },
        );
      },
      statements: { one: 'select 1', failing: 'select nonsense', slow, unfinished: 'begin' },
      slowIs: (state) => fixture.runs('conformance', state === 'running'),
      closeDoors: () => fixture.closeDoors(),
      stop: () => fixture.stop(),
    };
  });
});
