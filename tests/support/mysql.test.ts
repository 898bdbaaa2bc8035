import type { RowDataPacket } from 'mysql2';
import { createConnection } from 'mysql2/promise';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority } from './certificates.ts';
import { startMysqlServer } from './mysql.ts';
import { type MysqlVersion, mysqlBuilds, mysqlVersions } from './mysql-builds.ts';
import { findServerProgram } from './server-program.ts';

const answers: Readonly<Record<MysqlVersion, RegExp>> = {
  'mysql-9.7': /^9\.\d/,
  'mariadb-10.11': /^10\.11\..*MariaDB/,
  'mariadb-11.8': /^11\.8\..*MariaDB/,
};

describe('the MySQL and MariaDB of the tests', () => {
  // Getting a server for the first time takes longer than a test may.
  beforeAll(async () => {
    for (const version of mysqlVersions) await findServerProgram(mysqlBuilds[version]);
  }, 600_000);

  test.for(mysqlVersions)(
    '%s runs beside another one, takes its own administrator only, and keeps its data over a restart',
    async (version) => {
      const [one, two] = await Promise.all([startMysqlServer(version), startMysqlServer(version)]);
      try {
        expect(one.port).not.toBe(two.port);
        const admin = await one.adminClient();
        const [rows] = await admin.query<RowDataPacket[]>('SELECT VERSION() AS version');
        expect(rows[0]?.version).toMatch(answers[version]);
        await admin.query('CREATE DATABASE kept');
        await admin.end();
        await one.restart();
        await (await one.adminClient('kept')).end();

        const stranger = one.adminUrl().replace(`:${one.port}`, `:${two.port}`);
        await expect(createConnection(stranger)).rejects.toThrow(/Access denied/);
      } finally {
        await Promise.all([one.stop(), two.stop()]);
      }
    },
  );

  test.for(mysqlVersions)(
    '%s offers TLS with its certificate, and takes client certificates',
    async (version) => {
      const authority = await makeAuthority();
      const certificate = await authority.issue(['127.0.0.1', 'localhost']);
      const server = await startMysqlServer(version, {
        tls: { certificate, authority: authority.certificate },
      });
      try {
        const admin = await server.adminClient();
        await admin.query(`CREATE USER certified@'%' IDENTIFIED BY 'secret' REQUIRE SUBJECT '/CN=certified'`);
        await admin.end();
        const login = { host: server.host, port: server.port, user: 'certified', password: 'secret' };
        const own = await authority.issueClient('certified');
        const ssl = { ca: authority.certificate, cert: own.certificate, key: own.privateKey };
        await (await createConnection({ ...login, ssl })).end();
        await expect(createConnection({ ...login, ssl: { ca: authority.certificate } })).rejects.toThrow(
          /Access denied/,
        );
      } finally {
        await server.stop();
      }
    },
  );
});
