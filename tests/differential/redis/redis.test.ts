import { afterAll, beforeAll, describe } from 'vitest';
import { redisVersions } from '../../support/redis-program.ts';
import { differentialSuite } from '../index.ts';
import { themesOf } from './cases/index.ts';
import { RedisDifferentialServer } from './redis-engine.ts';

describe.for(redisVersions)('%s, directly and through Grantway', (version) => {
  let server: RedisDifferentialServer;
  beforeAll(async () => {
    server = await RedisDifferentialServer.start(version);
  });
  afterAll(() => server?.stop());

  describe('in RESP2', () => differentialSuite(themesOf(version), () => server.speaking(2)));
  describe('in RESP3', () => differentialSuite(themesOf(version), () => server.speaking(3)));
});
