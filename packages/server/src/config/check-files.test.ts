import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority, writeCertificate } from '../../../../tests/support/certificates.ts';
import { loadConfig } from './index.ts';
import { soundFile } from './testing/index.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-check-files-test-'));
  const authority = await makeAuthority();
  await writeCertificate(await authority.issueClient('grantway'), folder, 'own');
  await writeCertificate(await authority.issueClient('another'), folder, 'another');
  await writeFile(join(folder, 'text'), 'no certificate');
  await writeFile(join(folder, 'large'), Buffer.alloc(300 * 1024));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function problemsWith(tlsCert: string, tlsKey: string, elsewhere = '') {
  const file = join(folder, 'grantway.yaml');
  const lines = `tls: verify-full\n    tlsCert: ${tlsCert}\n    tlsKey: ${tlsKey}`;
  await writeFile(file, soundFile.replace('tls: verify-full', lines) + elsewhere);
  const loaded = await loadConfig(file, { env: {} });
  if (loaded.outcome === 'loaded') return loaded.config.databases.get('authdb')?.tlsClient;
  return loaded.problems.map(({ line, path, message }) => `${line} ${path}: ${message}`);
}

describe('the files of a client certificate', () => {
  test('are taken when they belong together, with absolute paths', async () => {
    const own = { certificate: join(folder, 'own.crt'), privateKey: join(folder, 'own.key') };
    expect(await problemsWith('./own.crt', './own.key')).toEqual(own);
  });

  const cert = '13 databases.authdb.tlsCert';
  const key = '14 databases.authdb.tlsKey';
  const mistakes: readonly [what: string, tlsCert: string, tlsKey: string, problems: readonly string[]][] = [
    [
      'are not there',
      'no.crt',
      'no.key',
      [
        `${cert}: The file FOLDER/no.crt cannot be read: ENOENT.`,
        `${key}: The file FOLDER/no.key cannot be read: ENOENT.`,
      ],
    ],
    ['are a folder', '.', 'own.key', [`${cert}: The file FOLDER cannot be read: it is no regular file.`]],
    [
      'are too large',
      'large',
      'own.key',
      [`${cert}: The file FOLDER/large cannot be read: it is larger than 256 KiB.`],
    ],
    ['hold no certificate', 'text', 'own.key', [`${cert}: There is no certificate in FOLDER/text.`]],
    [
      'hold no key',
      'own.crt',
      'text',
      [`${key}: In FOLDER/text is no private key of the certificate in tlsCert.`],
    ],
    [
      'do not belong together',
      'own.crt',
      'another.key',
      [`${key}: In FOLDER/another.key is no private key of the certificate in tlsCert.`],
    ],
  ];
  test.each(mistakes)('that %s are told with place and path', async (_, tlsCert, tlsKey, problems) => {
    expect(await problemsWith(tlsCert, tlsKey)).toEqual(
      problems.map((text) => text.replace('FOLDER', () => folder)),
    );
  });

  test('are told together with the other mistakes', async () => {
    expect(await problemsWith('no.crt', 'own.key', 'colour: red\n')).toEqual([
      `${cert}: The file ${join(folder, 'no.crt')} cannot be read: ENOENT.`,
      expect.stringContaining('colour'),
    ]);
  });
});

test('the certificates of a SAML provider are looked into, too', async () => {
  const file = join(folder, 'saml.yaml');
  const method = [
    '  local: {}',
    '  corp:',
    '    kind: saml',
    '    entityId: https://idp.example',
    '    signInUrl: https://idp.example/sso',
    '    certificates: [own.crt, text, no.crt]',
  ].join('\n');
  await writeFile(file, soundFile.replace('  local: {}', method));
  const loaded = await loadConfig(file, { env: {} });
  if (loaded.outcome === 'loaded') throw new Error('taken as sound');
  expect(loaded.problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    `signIn.corp.certificates[1]: There is no certificate in ${join(folder, 'text')}.`,
    `signIn.corp.certificates[2]: The file ${join(folder, 'no.crt')} cannot be read: ENOENT.`,
  ]);
});
