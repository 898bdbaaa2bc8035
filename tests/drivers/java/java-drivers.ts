import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type InteropSuite, systemPrograms } from '../../interop/interop.ts';
import { cachedFolder } from '../../support/cached-folder.ts';
import { type DriverProgram, driverChecks } from '../driver-program.ts';
import { type DriverServers, startDriverServers } from '../driver-servers.ts';
import { settingsOf } from './java-settings.ts';

const run = promisify(execFile);
const folder = import.meta.dirname;
const mavenPlugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';

const programs = systemPrograms('A JDK 17 or newer, and Maven, which gets the drivers that pom.xml names', [
  {
    name: 'JDK',
    purpose: 'the drivers of Java',
    probe: ['javac', '-version'],
    debian: 'default-jdk-headless',
    macos: 'brew install openjdk',
  },
  {
    name: 'Maven',
    purpose: 'getting the drivers',
    probe: ['mvn', '-version'],
    debian: 'maven',
    macos: 'brew install maven',
  },
]);

/** The drivers of Java. */
export const java: InteropSuite = {
  name: 'java',
  needs: [programs],
  start: async () => {
    await using started = new AsyncDisposableStack();
    const classes = await mkdtemp(join(tmpdir(), 'grantway-java-drivers-'));
    started.defer(() => rm(classes, { recursive: true, force: true }));
    const jars = join(await driversFolder(), '*');
    const sources = (await readdir(folder)).filter((name) => name.endsWith('.java'));
    await run('javac', ['-d', classes, '-cp', jars, ...sources], { cwd: folder });
    const servers = await startDriverServers();
    started.defer(() => servers.stop());
    const running = started.move();
    const trustStore = join(classes, 'trusted.p12');
    const trust = ['-importcert', '-noprompt', '-storepass', 'changeit', '-keystore', trustStore];
    await run('keytool', [...trust, '-file', servers.certificate]);
    return {
      checks: checksOf(servers, `${classes}:${jars}`, trustStore),
      stop: () => running.disposeAsync(),
    };
  },
};

async function driversFolder(): Promise<string> {
  const names = createHash('sha256').update(await readFile(join(folder, 'pom.xml')));
  return await cachedFolder(`java-drivers-${names.digest('hex').slice(0, 8)}`, async (unfinished) => {
    console.log('Getting the drivers of Java.');
    const into = `-DoutputDirectory=${unfinished}`;
    await run('mvn', ['--batch-mode', `${mavenPlugin}:copy-dependencies`, into], { cwd: folder });
  });
}

function checksOf({ certificate, ways }: DriverServers, classPath: string, trustStore: string) {
  return settingsOf(certificate).flatMap(({ program, server, scheme, parameters, clear, tls }) => {
    const java: DriverProgram = (address) => {
      const secure = tls !== undefined && address !== ways[server].direct;
      const all = [secure ? tls : clear, parameters].filter((part) => part !== '').join('&');
      const { host, port, database } = address;
      const url = `${secure && scheme === 'redis' ? 'rediss' : scheme}://${host}:${port}/${database}?${all}`;
      const trusting = secure
        ? [`-Djavax.net.ssl.trustStore=${trustStore}`, '-Djavax.net.ssl.trustStorePassword=changeit']
        : [];
      return { command: ['java', '-XX:TieredStopAtLevel=1', ...trusting, '-cp', classPath, program, url] };
    };
    const title = `${program}, ${scheme}, ${server}, ${parameters}${tls === undefined ? '' : ', TLS'}`;
    return driverChecks({ title, needs: programs, ways: ways[server], program: java });
  });
}
