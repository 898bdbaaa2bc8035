import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority } from '../../../../../../tests/support/certificates.ts';
import { makeManagedDatabase } from '../../../../../../tests/support/managed-database.ts';
import { startPostgres, type TestPostgres } from '../../../../../../tests/support/postgres.ts';
import type { UpstreamTls } from '../../../core/index.ts';
import { postgresRoleManager } from './index.ts';

describe('the manager’s connection', () => {
  let folder: string;
  let ours: string;
  let strange: string;
  let named: TestPostgres;
  let misnamed: TestPostgres;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'grantway-roles-tls-'));
    const authority = await makeAuthority();
    ours = join(folder, 'ours.crt');
    strange = join(folder, 'strange.crt');
    await writeFile(ours, authority.certificate);
    await writeFile(strange, (await makeAuthority('Somebody else')).certificate);
    const hba = ['hostssl all all 127.0.0.1/32 scram-sha-256'];
    named = await startPostgres({ hba, certificate: await authority.issue(['127.0.0.1']) });
    misnamed = await startPostgres({ hba, certificate: await authority.issue(['localhost', 'db.example']) });
  });
  afterAll(async () => {
    await named.stop();
    await misnamed.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('it trusts the server exactly as far as the database’s tls says', async () => {
    const cases: readonly [
      server: TestPostgres,
      tls: UpstreamTls,
      tlsCa: string | undefined,
      refused?: RegExp,
    ][] = [
      [named, 'verify-full', ours],
      [named, 'verify-full', strange, /certificate/],
      [named, 'verify-full', undefined, /certificate/],
      [misnamed, 'verify-full', ours, /IP: 127\.0\.0\.1 is not in the cert/],
      [misnamed, 'verify-ca', ours],
      [misnamed, 'verify-ca', strange, /certificate/],
      [misnamed, 'require', undefined],
      [named, 'off', undefined, /pg_hba.conf entry .*no encryption/],
    ];
    for (const [server, tls, tlsCa, refused] of cases) {
      const sample = await makeManagedDatabase(server);
      const database = { ...sample.database, tls, ...(tlsCa === undefined ? {} : { tlsCa }) };
      const planned = postgresRoleManager.plan(database, sample.managerPassword);
      if (refused === undefined) expect((await planned).length, tls).toBeGreaterThan(0);
      else await expect(planned, tls).rejects.toThrow(refused);
      await sample.close();
    }
  });
});
