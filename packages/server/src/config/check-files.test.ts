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
  await writeFile(join(folder, 'people.crt'), authority.certificate);
  const list = await authority.revocationList([]);
  await writeFile(join(folder, 'people.crl'), list);
  await writeFile(join(folder, 'garbled.crl'), `${list}${list.replace(/\n.{20}/, '\nAAAA')}`);
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
        `${cert}: The file FOLDER/no.crt cannot be read: no such file or directory.`,
        `${key}: The file FOLDER/no.key cannot be read: no such file or directory.`,
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
      `${cert}: The file ${join(folder, 'no.crt')} cannot be read: no such file or directory.`,
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
    `signIn.corp.certificates[2]: The file ${join(folder, 'no.crt')} cannot be read: no such file or directory.`,
  ]);
});

describe('the authorities of client certificates and their revocation lists', () => {
  async function findings(authorities: string, crl: string) {
    const file = join(folder, 'card.yaml');
    const method = [
      '  local: {}',
      `  card: { kind: certificate, authorities: ${authorities}, crl: ${crl}, subject: '{CN}' }`,
    ].join('\n');
    const tls = `tls: { certificate: ./own.crt, privateKey: ./own.key }\n`;
    await writeFile(file, tls + soundFile.replace('  local: {}', method));
    const loaded = await loadConfig(file, { env: {} });
    return loaded.outcome === 'loaded'
      ? 'sound'
      : loaded.problems.map(({ path, message }) => `${path}: ${message.replace(folder, 'FOLDER')}`);
  }

  test('are taken when each can be read', async () => {
    expect(await findings('people.crt', 'people.crl')).toBe('sound');
  });

  test.each([
    ['text', 'people.crl', 'authorities: There is no certificate that can be read in FOLDER/text.'],
    [
      'no.crt',
      'people.crl',
      'authorities: The file FOLDER/no.crt cannot be read: no such file or directory.',
    ],
    ['people.crt', 'text', 'crl: There is no revocation list that can be read in FOLDER/text.'],
    ['people.crt', 'people.crt', 'crl: There is no revocation list that can be read in FOLDER/people.crt.'],
    ['people.crt', 'garbled.crl', 'crl: There is no revocation list that can be read in FOLDER/garbled.crl.'],
    ['people.crt', 'no.crl', 'crl: The file FOLDER/no.crl cannot be read: no such file or directory.'],
  ])('%s and %s are told with their place', async (authorities, crl, message) => {
    expect(await findings(authorities, crl)).toEqual([`signIn.card.${message}`]);
  });
});
