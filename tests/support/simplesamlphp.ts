import { spawn } from 'node:child_process';
import { chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '../../packages/server/src/core/index.ts';
import { freePort } from '../../packages/server/src/demo/free-port.ts';
import { chooseServerAccount } from '../../packages/server/src/demo/server-account.ts';
import { endWithRun } from './end-with-run.ts';
import { makeSamlKeyPair } from './saml-signer.ts';
import { endServerProcess } from './server-process.ts';

/** A real SAML provider of one test: Debian's SimpleSAMLphp, in PHP's own web server on loopback. */
export interface SimpleSamlPhp {
  readonly entityId: string;
  readonly signInUrl: string;
  readonly signOutUrl: string;
  /** PEM file of what it signs with. */
  readonly certificateFile: string;
  /** Makes a service known by the service's own metadata, in place of the one before. */
  trust(metadata: string): Promise<void>;
  /** What it wrote, for a test that failed. */
  log(): string;
  stop(): Promise<void>;
}

export interface SimpleSamlPhpOptions {
  /** By user name. */
  readonly people: Readonly<
    Record<string, { readonly password: string; readonly groups: readonly string[] }>
  >;
  /** True: assertions are encrypted, with the one cipher that this provider has: AES-128-CBC. */
  readonly encrypt?: boolean;
}

const program = '/usr/share/simplesamlphp';

/** Starts it; it signs nobody in before {@link SimpleSamlPhp.trust}. */
export async function startSimpleSamlPhp({
  people,
  encrypt = false,
}: SimpleSamlPhpOptions): Promise<SimpleSamlPhp> {
  const directory = await mkdtemp(join(tmpdir(), 'grantway-saml-idp-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const entityId = `${url}saml2/idp/metadata.php`;
  const keys = await makeSamlKeyPair('SimpleSAMLphp');
  const at = (name: string) => join(directory, name);
  for (const folder of ['log', 'data', 'temp', 'sessions', 'metadata']) await mkdir(at(folder));
  const certificateFile = at('idp.crt');
  const metadataFile = at('service.xml');
  await writeFile(certificateFile, keys.certificate);
  await writeFile(at('idp.key'), keys.privateKey);
  await writeFile(at('config.php'), settings(directory, url, metadataFile));
  await writeFile(at('authsources.php'), accounts(people));
  await writeFile(at('metadata/saml20-idp-hosted.php'), provider(entityId, encrypt));
  await writeFile(metadataFile, noServices);
  const account = await chooseServerAccount(tmpdir());
  if (account !== undefined) {
    const files = await readdir(directory, { recursive: true });
    for (const file of ['', ...files]) await chown(at(file), account.uid, account.gid);
  }
  let log = '';
  const server = spawn(
    'php',
    ['-d', 'error_log=/dev/stderr', '-S', `127.0.0.1:${port}`, '-t', join(program, 'www')],
    {
      ...account,
      cwd: directory,
      env: { PATH: process.env.PATH, SIMPLESAMLPHP_CONFIG_DIR: directory },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  endWithRun(server);
  server.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  await answering(entityId);

  return {
    entityId,
    signInUrl: `${url}saml2/idp/SSOService.php`,
    signOutUrl: `${url}saml2/idp/SingleLogoutService.php`,
    certificateFile,
    trust: (metadata) => writeFile(metadataFile, metadata),
    log: () => log,
    async stop() {
      await endServerProcess(server);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const noServices = '<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"/>';

function settings(directory: string, url: string, metadataFile: string): string {
  return `<?php
$config = [
  'baseurlpath' => '${url}',
  'certdir' => '${directory}/',
  'loggingdir' => '${directory}/log/',
  'datadir' => '${directory}/data/',
  'tempdir' => '${directory}/temp',
  'metadatadir' => '${directory}/metadata/',
  'secretsalt' => '${newId()}',
  'auth.adminpassword' => '${newId()}',
  'technicalcontact_email' => 'na@example.org',
  'timezone' => 'UTC',
  'logging.handler' => 'errorlog',
  'logging.level' => SimpleSAML\\Logger::INFO,
  'enable.saml20-idp' => true,
  'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true],
  'session.cookie.secure' => false,
  'session.cookie.samesite' => 'Lax',
  'session.phpsession.savepath' => '${directory}/sessions',
  'language.cookie.secure' => false,
  'language.cookie.samesite' => 'Lax',
  'store.type' => 'phpsession',
  'metadata.sources' => [['type' => 'flatfile'], ['type' => 'xml', 'file' => '${metadataFile}']],
];
`;
}

function accounts(people: SimpleSamlPhpOptions['people']): string {
  const lines = Object.entries(people).map(
    ([name, { password, groups }]) =>
      `'${name}:${password}' => ['uid' => ['${name}'], 'displayName' => ['${name} of SimpleSAMLphp'], 'groups' => ['${groups.join("','")}']],`,
  );
  return `<?php
$config = ['people' => ['exampleauth:UserPass', ${lines.join(' ')}]];
`;
}

function provider(entityId: string, encrypt: boolean): string {
  return `<?php
$metadata['${entityId}'] = [
  'host' => '__DEFAULT__',
  'privatekey' => 'idp.key',
  'certificate' => 'idp.crt',
  'auth' => 'people',
  'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  'authproc' => [1 => ['class' => 'saml:PersistentNameID', 'attribute' => 'uid']],
  'saml20.sign.assertion' => true,
  'sign.logout' => true,
  'validate.logout' => true,
  'validate.authnrequest' => true,
  'assertion.encryption' => ${encrypt ? 'true' : 'false'},
];
`;
}

/** Waits until it answers; half a minute at most. */
async function answering(address: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const response = await fetch(address).catch(() => undefined);
    if (response?.ok) return;
    if (Date.now() > deadline) throw new Error(`SimpleSAMLphp does not answer: ${await response?.text()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
