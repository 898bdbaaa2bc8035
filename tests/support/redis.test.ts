import { Redis } from 'ioredis';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority } from './certificates.ts';
import { startRedis } from './redis.ts';
import { redisBuilds, redisVersions } from './redis-program.ts';
import { findServerProgram } from './server-program.ts';

const titles = { '7': /^redis_version:7\./m, '8': /^redis_version:8\./m, 'valkey-9': /^valkey_version:9\./m };

describe('the Redis of the tests', () => {
  // Getting a server for the first time takes longer than a test may.
  beforeAll(async () => {
    for (const version of redisVersions) await findServerProgram(redisBuilds[version]);
  });

  test.for(redisVersions)(
    '%s runs beside another one, and each takes its own administrator only',
    async (version) => {
      const [one, two] = await Promise.all([
        startRedis({ version, usersIn: 'memory' }),
        startRedis({ version, usersIn: 'config' }),
      ]);
      try {
        expect(one.port).not.toBe(two.port);
        const admin = await one.adminClient();
        expect(await admin.info('server')).toMatch(titles[version]);
        admin.disconnect();
        const stranger = new Redis(one.adminUrl.replace(`:${one.port}`, `:${two.port}`), {
          lazyConnect: true,
          retryStrategy: null,
        });
        stranger.on('error', () => {});
        await expect(stranger.connect()).rejects.toThrow();
        stranger.disconnect();
      } finally {
        await Promise.all([one.stop(), two.stop()]);
      }
    },
  );

  test.for(redisVersions)(
    '%s offers TLS, wants client certificates, and keeps its ACL file',
    async (version) => {
      const authority = await makeAuthority();
      const server = await startRedis({
        version,
        acl: ['user default off', 'user reader on >secret ~* +get'],
        tls: {
          certificate: await authority.issue(['127.0.0.1', 'localhost']),
          authority: authority.certificate,
          wantsClients: true,
        },
      });
      try {
        const admin = await server.adminClient();
        await admin.call('ACL', 'SETUSER', 'late', 'on', 'nopass');
        await admin.call('ACL', 'SAVE');
        admin.disconnect();
        await server.restart();
        const own = await authority.issueClient('reader');
        const reader = new Redis({
          host: 'localhost',
          port: server.tlsPort ?? 0,
          username: 'reader',
          password: 'secret',
          tls: { ca: authority.certificate, cert: own.certificate, key: own.privateKey },
          lazyConnect: true,
          enableReadyCheck: false,
          disableClientInfo: true,
        });
        await reader.connect();
        expect(await reader.get('nothing')).toBeNull();
        reader.disconnect();
        const again = await server.adminClient();
        expect(await again.call('ACL', 'USERS')).toEqual(['administrator', 'default', 'late', 'reader']);
        again.disconnect();
      } finally {
        await server.stop();
      }
    },
  );
});
