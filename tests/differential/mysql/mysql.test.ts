import { afterAll, beforeAll, describe } from 'vitest';
import { mysqlBuilds } from '../../support/mysql-builds.ts';
import { differentialSuite } from '../index.ts';
import { themesOf } from './cases/index.ts';
import { MysqlDifferentialEngine } from './mysql-engine.ts';
import { serversFor } from './servers.ts';

describe.for(serversFor('modern'))('%s, directly and through Grantway', (version) => {
  let engine: MysqlDifferentialEngine;
  beforeAll(async () => {
    engine = await MysqlDifferentialEngine.start({ version, framing: 'modern' });
  });
  afterAll(() => engine?.stop());

  differentialSuite(themesOf(mysqlBuilds[version].product), () => engine);
});
