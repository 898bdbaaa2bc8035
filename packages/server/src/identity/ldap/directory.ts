import { readFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { Client, type Entry, type SearchOptions } from 'ldapts';
import { isLoopback, type LdapConfig } from '../../config/index.ts';

/** The most that one step with the directory may take, in milliseconds. */
const stepMs = 5_000;
/** The most entries that one search may give. */
const mostEntries = 1_000;

/** One connection to a directory, for one sign-in. */
export interface Directory {
  /** @throws InvalidCredentialsError of the library for a wrong password; any other error when it cannot tell */
  bind(dn: string, password: string): Promise<void>;
  /** Entries only: what refers to another server is not followed, since it would be given the password. */
  search(
    base: string,
    options: Pick<SearchOptions, 'scope' | 'filter' | 'attributes'>,
  ): Promise<readonly Entry[]>;
  close(): void;
}

/**
 * Connects, and protects the connection before anything is said over it: `ldaps`, or StartTLS on `ldap`. There is no
 * fallback; in the clear on loopback alone, where no `tlsCa` asks for more.
 *
 * The library would connect again by itself when a connection is lost, without TLS on `ldap`, and the next bind would
 * send a password over it. So each way to connect works once.
 */
export async function openDirectory({ url, tlsCa }: Pick<LdapConfig, 'url' | 'tlsCa'>): Promise<Directory> {
  const { protocol, hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const tls: ConnectionOptions = {
    host,
    ...(isIpAddress(host) ? {} : { servername: host }),
    ...(tlsCa === undefined ? {} : { ca: await readFile(tlsCa) }),
    minVersion: 'TLSv1.2',
  };
  const client = new Client({
    url,
    connectTimeout: stepMs,
    timeout: stepMs,
    ...(protocol === 'ldaps:' && { tlsOptions: tls }),
    createConnection: once(connectTcp),
    createSecureConnection: once(connectTls),
  });
  const directory: Directory = {
    bind: (dn, password) => inTime(client.bind(dn, password)),
    async search(base, options) {
      const { searchEntries } = await inTime(
        client.search(base, {
          ...options,
          derefAliases: 'never',
          // Sixteen bytes that are no text.
          explicitBufferAttributes: ['objectGUID'],
          sizeLimit: mostEntries,
          timeLimit: stepMs / 1000,
        }),
      );
      return searchEntries;
    },
    // Nobody waits for the last word, and a connection that is gone already has none.
    close: () => void client.unbind().catch(() => {}),
  };
  if (protocol === 'ldap:' && (!isLoopback(host) || tlsCa !== undefined)) {
    try {
      await inTime(client.startTLS(tls));
    } catch (thrown) {
      directory.close();
      throw thrown;
    }
  }
  return directory;
}

function once<Connect extends (...args: never[]) => unknown>(connect: Connect): Connect {
  let used = false;
  return ((...args: never[]) => {
    if (used) throw new Error('the connection to the directory was lost');
    used = true;
    return connect(...args);
  }) as Connect;
}

/** The library's own timeouts leave a TLS handshake out. */
async function inTime<T>(step: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('the directory does not answer')), 2 * stepMs);
  try {
    return await Promise.race([step, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function isIpAddress(host: string): boolean {
  return /^[\d.]+$/.test(host) || host.includes(':');
}
