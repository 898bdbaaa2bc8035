import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newId } from '../../../packages/server/src/core/index.ts';
import { availablePorts } from '../../../packages/server/src/demo/free-port.ts';
import { cachedFolder } from '../../support/cached-folder.ts';
import { exampleIssuer, readExample } from '../example.ts';
import { systemPrograms } from '../interop.ts';
import { startProvider } from '../provider-process.ts';
import type { WayIn } from '../visitor.ts';
import { type KeycloakAdmin, keycloakAdmin } from './keycloak-admin.ts';

const run = promisify(execFile);
const version = '26.7.3';
const mavenPlugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';

/** Keycloak with the realm of `examples/keycloak/realm.json`. */
export interface Keycloak {
  readonly origin: string;
  readonly clientSecret: string;
  readonly admin: KeycloakAdmin;
  log(): string;
  stop(): Promise<void>;
}

/** What Keycloak runs on, and what gets it: its distribution is in Maven Central. */
export const keycloakPrograms = systemPrograms(
  `Java 17 or newer and Maven, which gets Keycloak ${version} (165 MB)`,
  [
    {
      name: 'Java',
      purpose: 'Keycloak',
      probe: ['java', '-version'],
      debian: 'default-jre-headless',
      macos: 'brew install openjdk',
    },
    {
      name: 'Maven',
      purpose: 'getting Keycloak',
      probe: ['mvn', '-version'],
      debian: 'maven',
      macos: 'brew install maven',
    },
  ],
);

async function keycloakFolder(): Promise<string> {
  return await cachedFolder(`keycloak-${version}`, async (unfinished) => {
    await mkdir(unfinished);
    console.log(`Getting Keycloak ${version}.`);
    await run(
      'mvn',
      [
        '--batch-mode',
        `${mavenPlugin}:unpack`,
        `-Dartifact=org.keycloak:keycloak-quarkus-dist:${version}:zip`,
        `-DoutputDirectory=${unfinished}`,
      ],
      { cwd: unfinished },
    );
  });
}

/** Starts it on loopback with the example's realm, for the gateway at `gateway`. Takes about half a minute. */
export async function startKeycloak(gateway: string): Promise<Keycloak> {
  const [port, managementPort] = await availablePorts([0, 0]);
  const origin = `http://127.0.0.1:${port}`;
  await using started = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'grantway-keycloak-'));
  started.defer(() => rm(directory, { recursive: true, force: true }));
  const home = join(directory, `keycloak-${version}`);
  await cp(join(await keycloakFolder(), `keycloak-${version}`), home, { recursive: true });
  await mkdir(join(home, 'data/import'), { recursive: true });
  const realm = await readExample('keycloak/realm.json', { [exampleIssuer]: gateway });
  await writeFile(join(home, 'data/import/realm.json'), realm);
  const clientSecret = newId();
  const password = newId();
  const keycloak = await startProvider({
    title: 'Keycloak',
    command: [
      join(home, 'bin/kc.sh'),
      'start-dev',
      '--import-realm',
      '--http-host=127.0.0.1',
      `--http-port=${port}`,
      `--http-management-port=${managementPort}`,
    ],
    env: {
      KEYCLOAK_SECRET: clientSecret,
      KC_BOOTSTRAP_ADMIN_USERNAME: 'admin',
      KC_BOOTSTRAP_ADMIN_PASSWORD: password,
      JAVA_OPTS_KC_HEAP: '-Xms64m -Xmx768m',
      // It runs for a minute or two: what the second compiler would make faster is over by then.
      JAVA_OPTS_APPEND: '-XX:TieredStopAtLevel=1',
    },
    folder: home,
    answersAt: `${origin}/realms/example/.well-known/openid-configuration`,
    withinSeconds: 600,
  });
  started.defer(() => keycloak.stop());
  const running = started.move();
  return {
    origin,
    clientSecret,
    admin: keycloakAdmin(origin, 'example', password),
    log: keycloak.log,
    stop: () => running.disposeAsync(),
  };
}

/** Signs in there with an account of the example's realm. */
export function asKeycloak(name: string): WayIn {
  return {
    label: 'Keycloak',
    asks: '#username',
    there: async (page) => {
      await page.locator('#username').fill(name);
      await page.locator('#password').fill('password');
      await page.locator('#kc-login').click();
    },
  };
}
