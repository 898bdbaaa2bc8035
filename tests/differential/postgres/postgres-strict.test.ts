import { afterAll, beforeAll, describe } from 'vitest';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { differentialSuite } from '../index.ts';
import { themes } from './cases/index.ts';
import { PostgresDifferentialEngine } from './postgres-engine.ts';

/** A prime, so that cuts fall everywhere: in headers, in lengths, in texts. */
const pieceBytes = 7;

describe('PostgreSQL with strict audit and recorded parameters, from clients that write in small pieces', () => {
  let gateway: TestGateway;
  let engine: PostgresDifferentialEngine;
  beforeAll(async () => {
    gateway = await startGateway({ database: { audit: 'strict', auditParameters: true } });
    engine = await PostgresDifferentialEngine.start(gateway, pieceBytes);
  });
  afterAll(async () => {
    await engine?.stop();
    await gateway?.stop();
  });

  differentialSuite(themes, () => engine);
});
