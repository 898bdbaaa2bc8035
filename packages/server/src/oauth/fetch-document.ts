import { lookup } from 'node:dns/promises';
import { request } from 'node:https';
import { isIP } from 'node:net';
import { isPublicAddress } from './public-address.ts';

/** Fetches one small document. Rejects with a sentence for the log; nothing is told about what answered. */
export type FetchDocument = (url: string, signal: AbortSignal) => Promise<FetchedDocument>;

/** A document as it was answered, whatever the status. */
export interface FetchedDocument {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What decides where a fetch may go: the network's own in production. */
export interface DocumentNetwork {
  readonly resolve: (host: string) => Promise<readonly { readonly address: string }[]>;
  readonly isAllowed: (address: string) => boolean;
  /** The port that every document is behind. */
  readonly port: number;
  /** Absent: the authorities that Node trusts. */
  readonly ca?: string;
}

const publicNetwork: DocumentNetwork = {
  resolve: (host) => lookup(host, { all: true, verbatim: true }),
  isAllowed: isPublicAddress,
  port: 443,
};

/** The draft advises 5 KB for a document; more than three times that is no client's description. */
const mostBytes = 16 * 1024;

/**
 * Fetches what a stranger named, and cannot be turned against the network that it stands in (SSRF): https on the usual
 * port and a host by name; every address that the name leads to must be public, and the connection goes to one of
 * these and asks no resolver again; redirects are not followed; size and time are bounded.
 */
export function documentFetcher(network: DocumentNetwork = publicNetwork): FetchDocument {
  return async (url, signal) => {
    const { protocol, hostname, port, username, password } = new URL(url);
    if (protocol !== 'https:' || port !== '' || username !== '' || password !== '')
      throw new Error('a document is fetched over https from the usual port');
    if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) throw new Error('a document has a host by name');
    const addresses = await beforeDeadline(network.resolve(hostname), signal);
    const [pinned] = addresses;
    if (pinned === undefined || !addresses.every(({ address }) => network.isAllowed(address)))
      throw new Error(`${hostname} leads to an address that is not public`);
    return get(new URL(url), pinned.address, network, signal);
  };
}

function get(
  url: URL,
  address: string,
  { port, ca }: DocumentNetwork,
  signal: AbortSignal,
): Promise<FetchedDocument> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: address,
        port,
        path: url.pathname + url.search,
        servername: url.hostname,
        headers: { host: url.host, accept: 'application/json', 'user-agent': 'Grantway' },
        agent: false,
        // Also where the environment says otherwise: the address was checked, and so must be who answers there.
        rejectUnauthorized: true,
        signal,
        ...(ca !== undefined && { ca }),
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        incoming.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > mostBytes)
            outgoing.destroy(new Error(`the document is larger than ${mostBytes} bytes`));
          else chunks.push(chunk);
        });
        incoming.on('error', reject);
        incoming.on('end', () => {
          const headers = Object.entries(incoming.headers).flatMap(([name, value]) =>
            typeof value === 'string' ? [[name, value] as const] : [],
          );
          resolve({
            status: incoming.statusCode ?? 0,
            headers: Object.fromEntries(headers),
            body: Buffer.concat(chunks).toString('utf8'),
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}

function beforeDeadline<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error('the name took too long to resolve'));
    if (signal.aborted) return late();
    signal.addEventListener('abort', late, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', late));
  });
}
