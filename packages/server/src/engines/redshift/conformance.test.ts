import pg from 'pg';
import {
  type EngineDoor,
  openEngineDoor,
  testDatabase,
  testPermit,
} from '../../../../../tests/support/engine-door.ts';
import { startRedshift } from '../../../../../tests/support/redshift.ts';
import { driver } from '../../../../../tests/support/relay-fixture.ts';
import { engineConformance } from '../conformance.ts';
import { redshiftEngine } from './index.ts';

const login = 'analyst';
const password = 'Temporary1';

engineConformance(async () => {
  const redshift = await startRedshift();
  const admin = new pg.Client({ connectionString: redshift.server.superuserUrl() });
  await admin.connect();
  await admin.query(`CREATE ROLE ${login} LOGIN`);
  redshift.accounts.set(login, { method: 'digest', secret: password, postgresLogin: login });
  const { host, port } = redshift;
  const database = { engine: 'redshift', host, port } as const;
  const doors: EngineDoor[] = [];
  const slow = 'select pg_sleep(60) /* conformance */';
  const slowIsActive = async () => {
    const active = `SELECT 1 FROM pg_stat_activity WHERE usename = '${login}' AND state = 'active' AND query = $1`;
    return (await admin.query(active, [slow])).rows.length > 0;
  };
  const closeDoors = async () => {
    for (const door of doors.splice(0)) await door.close();
  };
  return {
    open: async (observer) => {
      const options = { engine: redshiftEngine, database, login, password };
      const door = await openEngineDoor(observer === undefined ? options : { ...options, observer });
      doors.push(door);
      return door;
    },
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
      const whole = testDatabase(database, login);
      const account = {
        database: whole,
        login,
        password: undefined,
        settings: new Map(),
        connectTimeoutMs: 1_000,
        request: 'r',
      };
      return redshiftEngine.connect({ ...testPermit(whole, login) }, account);
    },
    statements: { one: 'select 1', failing: 'select 1/0', slow, unfinished: 'begin' },
    slowIs: async (state) => {
      while ((await slowIsActive()) !== (state === 'running'));
    },
    closeDoors,
    stop: async () => {
      await closeDoors();
      await admin.end();
      await redshift.stop();
    },
  };
});
