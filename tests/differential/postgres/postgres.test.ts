import { afterAll, beforeAll, describe } from 'vitest';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { differentialSuite } from '../index.ts';
import { themes } from './cases/index.ts';
import { PostgresDifferentialEngine } from './postgres-engine.ts';

describe('PostgreSQL, directly and through Grantway', () => {
  let gateway: TestGateway;
  let engine: PostgresDifferentialEngine;
  beforeAll(async () => {
    gateway = await startGateway();
    engine = await PostgresDifferentialEngine.start(gateway);
  });
  afterAll(async () => {
    await engine?.stop();
    await gateway?.stop();
  });

  differentialSuite(themes, () => engine);
});
