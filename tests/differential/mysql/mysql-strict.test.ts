import { afterAll, beforeAll, describe } from 'vitest';
import { mysqlBuilds } from '../../support/mysql-builds.ts';
import { differentialSuite } from '../index.ts';
import { themesOf } from './cases/index.ts';
import { MysqlDifferentialEngine } from './mysql-engine.ts';
import { serversFor } from './servers.ts';

/** A prime, so that cuts fall everywhere: in headers, in lengths, in texts. */
const pieceBytes = 7;

describe.for(serversFor('old'))(
  '%s with strict audit and recorded parameters, from clients of the old framing that write in small pieces',
  (version) => {
    let engine: MysqlDifferentialEngine;
    beforeAll(async () => {
      engine = await MysqlDifferentialEngine.start({
        version,
        framing: 'old',
        pieceBytes,
        database: { audit: 'strict', auditParameters: true },
      });
    });
    afterAll(() => engine?.stop());

    const themes = themesOf(mysqlBuilds[version].product);
    // They wait for whole seconds, and for nothing that these clients do otherwise.
    differentialSuite(
      themes.filter(({ name }) => name !== 'timeouts'),
      () => engine,
    );
  },
);
