import { spawn } from 'node:child_process';
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'ldapts';
import { newId } from '../../packages/server/src/core/index.ts';
import { availablePorts } from '../../packages/server/src/demo/free-port.ts';
import { chooseServerAccount } from '../../packages/server/src/demo/server-account.ts';
import { makeAuthority, writeCertificate } from './certificates.ts';
import { endWithRun } from './end-with-run.ts';
import { endServerProcess } from './server-process.ts';

/** A real OpenLDAP server of one test, with people and groups below `dc=example,dc=com`. */
export interface DirectoryServer {
  /** In the clear, and StartTLS. */
  readonly url: string;
  readonly tlsUrl: string;
  /** PEM file of the authority that signed the server's certificate, which is for 127.0.0.1. */
  readonly caFile: string;
  readonly readerDn: string;
  readonly readerPassword: string;
  /** Adds a person below `ou=people`, and gives the entry's name. */
  addPerson(
    uid: string,
    password: string,
    more?: Readonly<Record<string, string | string[]>>,
  ): Promise<string>;
  /** Adds a group of these members (names of entries) below `ou=groups` or another place. */
  addGroup(cn: string, members: readonly string[], below?: string): Promise<string>;
  addUnit(dn: string): Promise<void>;
  /** Ends it; a second time does nothing. */
  stop(): Promise<void>;
}

const suffix = 'dc=example,dc=com';
const adminDn = `cn=admin,${suffix}`;

/** Starts it on free loopback ports, in a directory of its own. */
export async function startDirectoryServer(): Promise<DirectoryServer> {
  const directory = await mkdtemp(join(tmpdir(), 'grantway-slapd-test-'));
  const account = await chooseServerAccount(tmpdir());
  const authority = await makeAuthority();
  const pair = await authority.issue(['127.0.0.1']);
  const { certificate, privateKey } = await writeCertificate(pair, directory, 'server');
  const caFile = join(directory, 'ca.crt');
  await writeFile(caFile, authority.certificate);
  const adminPassword = newId();
  const data = join(directory, 'data');
  await mkdir(data);
  const config = join(directory, 'slapd.conf');
  await writeFile(config, settings({ directory, data, adminPassword, certificate, privateKey, caFile }));
  const [port, tlsPort] = await availablePorts([0, 0]);
  const [url, tlsUrl] = [`ldap://127.0.0.1:${port}`, `ldaps://127.0.0.1:${tlsPort}`];
  if (account !== undefined) {
    for (const file of [directory, data, config, certificate, privateKey, caFile]) {
      await chown(file, account.uid, account.gid);
    }
  }
  // Any -d keeps it in the foreground.
  const server = spawn('slapd', ['-d', '0', '-f', config, '-h', `${url} ${tlsUrl}`], {
    ...account,
    stdio: 'ignore',
  });
  endWithRun(server);
  const admin = await connected(url, adminDn, adminPassword);
  await admin.add(suffix, { objectClass: ['dcObject', 'organization'], o: 'Example', dc: 'example' });
  const addUnit = async (dn: string) => {
    await admin.add(dn, { objectClass: 'organizationalUnit', ou: /^ou=([^,]+)/.exec(dn)?.[1] ?? '' });
  };
  await addUnit(`ou=people,${suffix}`);
  await addUnit(`ou=groups,${suffix}`);
  const readerDn = `cn=reader,${suffix}`;
  const readerPassword = newId();
  await admin.add(readerDn, {
    objectClass: ['organizationalRole', 'simpleSecurityObject'],
    cn: 'reader',
    userPassword: readerPassword,
  });

  return {
    url,
    tlsUrl,
    caFile,
    readerDn,
    readerPassword,
    addUnit,
    async addPerson(uid, password, more = {}) {
      const dn = `uid=${uid},ou=people,${suffix}`;
      await admin.add(dn, {
        objectClass: ['inetOrgPerson'],
        cn: uid,
        sn: uid,
        userPassword: password,
        ...more,
      });
      return dn;
    },
    async addGroup(cn, members, below = `ou=groups,${suffix}`) {
      const dn = `cn=${cn},${below}`;
      await admin.add(dn, { objectClass: 'groupOfNames', cn, member: [...members] });
      return dn;
    },
    async stop() {
      await admin.unbind().catch(() => {});
      await endServerProcess(server);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

interface Files {
  readonly directory: string;
  readonly data: string;
  readonly adminPassword: string;
  readonly certificate: string;
  readonly privateKey: string;
  readonly caFile: string;
}

function settings({ directory, data, adminPassword, certificate, privateKey, caFile }: Files): string {
  return `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile ${directory}/slapd.pid
argsfile ${directory}/slapd.args
TLSCertificateFile ${certificate}
TLSCertificateKeyFile ${privateKey}
TLSCACertificateFile ${caFile}
database mdb
suffix "${suffix}"
rootdn "${adminDn}"
rootpw ${adminPassword}
directory ${data}
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
`;
}

/** A bound connection, once the server is up; twenty seconds at most. */
async function connected(url: string, dn: string, password: string): Promise<Client> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const client = new Client({ url, connectTimeout: 1_000 });
    try {
      await client.bind(dn, password);
      return client;
    } catch (thrown) {
      if (Date.now() > deadline) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
