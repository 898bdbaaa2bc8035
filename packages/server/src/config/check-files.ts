import { X509Certificate } from 'node:crypto';
import { constants, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import { systemReason } from '../core/index.ts';
import { databaseHeadSchema } from './database-schema.ts';
import { keysAt, parsed } from './file-parts.ts';
import type { KeyPath } from './problem.ts';
import { type Finding, valueAt } from './schema-problems.ts';

/** More than any chain of certificates has. */
const maxBytes = 256 * 1024;
/** A list grows with what an authority revoked. */
const mostListBytes = 16 * 1024 * 1024;

/**
 * Looks into the files of client certificates: each must be there, and certificate and key must belong together. So must
 * the certificates of SAML providers, and the authorities and revocation lists of people's certificates, be there.
 * Otherwise the first person who connects would be the one who finds out. `file` is what relative paths start from.
 */
export async function checkFiles(root: unknown, file: string): Promise<readonly Finding[]> {
  const path = (written: string) => resolve(dirname(file), written);
  const findings = [
    ...keysAt(root, ['databases']).map((name) => checkClientCertificate(root, ['databases', name], path)),
    ...keysAt(root, ['signIn']).map((name) => checkSamlCertificates(root, ['signIn', name], path)),
    ...keysAt(root, ['signIn']).map((name) => checkAuthorities(root, ['signIn', name], path)),
  ];
  return (await Promise.all(findings)).flat();
}

/** The authorities of client certificates, and their revocation lists: text in PEM, each block of which can be read. */
async function checkAuthorities(
  root: unknown,
  at: KeyPath,
  path: (written: string) => string,
): Promise<readonly Finding[]> {
  if (valueAt(root, [...at, 'kind']) !== 'certificate') return [];
  const named = (key: 'authorities' | 'crl') => parsed(z.string(), root, [...at, key]);
  const [authorities, crl] = [named('authorities'), named('crl')];
  return [
    ...(authorities === undefined
      ? []
      : await checkPem([...at, 'authorities'], path(authorities), 'certificate', (pem) => {
          new X509Certificate(pem);
        })),
    ...(crl === undefined
      ? []
      : await checkPem([...at, 'crl'], path(crl), 'revocation list', (pem) => {
          createSecureContext({ crl: pem });
        })),
  ];
}

const pemLabels = { certificate: 'CERTIFICATE', 'revocation list': 'X509 CRL' } as const;

async function checkPem(
  at: KeyPath,
  file: string,
  what: keyof typeof pemLabels,
  read: (pem: string) => void,
): Promise<readonly Finding[]> {
  const content = await readBounded(file, mostListBytes);
  if (content.outcome !== 'read') return [unreadable(at, file, content.reason)];
  const label = pemLabels[what];
  const block = new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`, 'g');
  const blocks = content.content.toString('latin1').match(block) ?? [];
  try {
    for (const one of blocks) read(one);
    if (blocks.length > 0) return [];
  } catch {
    // Said below: a block that is garbled is none.
  }
  const fix = `Name a PEM file in which each block is a ${what} (BEGIN ${label}).`;
  return [{ path: at, message: `There is no ${what} that can be read in ${file}.`, fix }];
}

/** What a SAML provider signs with, and what it knows us by: one certificate in each file. */
async function checkSamlCertificates(
  root: unknown,
  at: KeyPath,
  path: (written: string) => string,
): Promise<readonly Finding[]> {
  if (valueAt(root, [...at, 'kind']) !== 'saml') return [];
  const certificates = parsed(z.array(z.string()), root, [...at, 'certificates']) ?? [];
  const own = parsed(z.string(), root, [...at, 'keyPair', 'certificate']);
  const named = [
    ...certificates.map((written, index) => ({ at: [...at, 'certificates', index], file: path(written) })),
    ...(own === undefined ? [] : [{ at: [...at, 'keyPair', 'certificate'], file: path(own) }]),
  ];
  const findings = named.map(async ({ at: place, file }): Promise<readonly Finding[]> => {
    const read = await readBounded(file);
    if (read.outcome !== 'read') return [unreadable(place, file, read.reason)];
    try {
      new X509Certificate(read.content);
      return [];
    } catch {
      return [
        {
          path: place,
          message: `There is no certificate in ${file}.`,
          fix: 'Name a PEM file with one certificate.',
        },
      ];
    }
  });
  return (await Promise.all(findings)).flat();
}

async function checkClientCertificate(
  root: unknown,
  at: KeyPath,
  path: (written: string) => string,
): Promise<readonly Finding[]> {
  const pathOf = (key: 'tlsCert' | 'tlsKey') => {
    const written = parsed(databaseHeadSchema.shape[key], root, [...at, key]);
    return written === undefined ? undefined : path(written);
  };
  const [certificate, key] = [pathOf('tlsCert'), pathOf('tlsKey')];
  if (certificate === undefined || key === undefined) return [];
  const [cert, privateKey] = await Promise.all([readBounded(certificate), readBounded(key)]);
  const unread = [
    ...(cert.outcome === 'read' ? [] : [unreadable([...at, 'tlsCert'], certificate, cert.reason)]),
    ...(privateKey.outcome === 'read' ? [] : [unreadable([...at, 'tlsKey'], key, privateKey.reason)]),
  ];
  if (cert.outcome !== 'read' || privateKey.outcome !== 'read') return unread;
  try {
    createSecureContext({ cert: cert.content });
  } catch {
    return [
      {
        path: [...at, 'tlsCert'],
        message: `There is no certificate in ${certificate}.`,
        fix: 'Name a PEM file with the certificate, and the ones between it and its authority.',
      },
    ];
  }
  try {
    createSecureContext({ cert: cert.content, key: privateKey.content });
    return [];
  } catch {
    return [
      {
        path: [...at, 'tlsKey'],
        message: `In ${key} is no private key of the certificate in tlsCert.`,
        fix: 'Name the PEM file with the key that the certificate was made for, without a passphrase.',
      },
    ];
  }
}

function unreadable(path: KeyPath, file: string, reason: string): Finding {
  return {
    path,
    message: `The file ${file} cannot be read: ${reason}.`,
    fix: 'Name an existing file that this user may read; a relative path starts from the folder of the configuration.',
  };
}

type FileRead =
  | { readonly outcome: 'read'; readonly content: Buffer }
  | { readonly outcome: 'unreadable'; readonly reason: string };

async function readBounded(file: string, most = maxBytes): Promise<FileRead> {
  try {
    // Without O_NONBLOCK a named pipe in its place would hold the start for ever.
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = await handle.stat();
    if (!status.isFile()) return { outcome: 'unreadable', reason: 'it is no regular file' };
    if (status.size > most) return { outcome: 'unreadable', reason: `it is larger than ${most / 1024} KiB` };
    return { outcome: 'read', content: await handle.readFile() };
  } catch (error) {
    return { outcome: 'unreadable', reason: systemReason(error) };
  }
}
