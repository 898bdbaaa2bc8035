import { isIP } from 'node:net';
import { isPlainHost } from '../core/index.ts';
import { text, wrong } from './text-value.ts';

/** The gateway's public origin. Loopback may be http, so that a fresh machine needs no certificate. */
export const issuer = text(
  {
    description:
      'Public base URL: an origin without a path. https, or http on a loopback host. It is in every token and never changes.',
    examples: ['https://access.example.com'],
  },
  (given) => {
    const url = URL.parse(given);
    if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
      return wrong('This is not a web address.', 'Write an origin, for example https://access.example.com.');
    if (url.protocol === 'http:' && !isLoopback(url.hostname))
      return wrong(
        'Tokens would cross the network in clear text.',
        `Write https://${url.host}; http is for loopback hosts only.`,
      );
    if (given !== url.origin)
      return wrong(
        'The issuer is an origin without path, port 443 or user name, in small letters.',
        `Write ${url.origin}.`,
      );
    return { value: given };
  },
);

/** Whose ID tokens are trusted: an https URL, or http on loopback, exactly as the provider names itself. */
export const providerIssuer = text(
  {
    description:
      'The issuer, exactly as the provider names itself; its metadata is read from /.well-known/openid-configuration below it.',
    examples: ['https://dex.example.com'],
  },
  (given) => {
    const url = URL.parse(given);
    if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
      return wrong('This is not a web address.', 'Write the issuer, for example https://dex.example.com.');
    if (url.protocol === 'http:' && !isLoopback(url.hostname))
      return wrong(
        'Whoever stands between could sign in as anybody.',
        `Write https://${url.host}; http is for loopback hosts only.`,
      );
    if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '')
      return wrong(
        'An issuer has no query, fragment or user name.',
        'Write what stands before the ?, # or after the @.',
      );
    return { value: given };
  },
);

/** Where a browser is sent at a provider; never in clear text beyond this machine. */
export function providerAddress(description: string, example: string) {
  return text({ description, examples: [example] }, (given) => {
    const url = URL.parse(given);
    if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
      return wrong('This is not a web address.', `Write the whole address, for example ${example}.`);
    if (url.protocol === 'http:' && !isLoopback(url.hostname))
      return wrong(
        'Whoever stands between could sign in as anybody.',
        `Write https://${url.host}${url.pathname}; http is for loopback hosts only.`,
      );
    if (url.hash !== '' || url.username !== '' || url.password !== '')
      return wrong('This address has a fragment or a user name.', 'Remove what stands after # or before @.');
    return { value: given };
  });
}

/** A directory server; whatever is not loopback is spoken to under TLS alone. */
export const ldapUrl = text(
  {
    description:
      'ldaps://host, or ldap://host with StartTLS before anything else; in the clear on loopback only, where tlsCa is left out.',
    examples: ['ldaps://ldap.example.com'],
  },
  (given) => {
    const url = URL.parse(given);
    if (url === null || (url.protocol !== 'ldaps:' && url.protocol !== 'ldap:') || url.hostname === '')
      return wrong('This is not the address of a directory.', 'Write ldaps://host or ldap://host.');
    if (url.pathname.length > 1 || url.search !== '' || url.username !== '' || url.password !== '')
      return wrong(
        'The address of a directory is a host and a port.',
        'What to look for has keys of its own: userDn, search, groups.',
      );
    return { value: given.replace(/\/$/, '') };
  },
);

/** `host:port` for a listener; an IPv6 address stands in brackets. Port 0 asks the system for a free one. */
export function listenAddress(door: string, port: number) {
  const example = `127.0.0.1:${port}`;
  return text(
    { description: `Address of the ${door} door.`, examples: [example, `[::1]:${port}`] },
    (given) => {
      const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s/]+)):(\d{1,5})$/.exec(given);
      const host = match?.[1] ?? match?.[2] ?? '';
      const bracketed = match?.[1] !== undefined;
      if (match === null || (bracketed && isIP(host) !== 6))
        return wrong(
          'This is not an address to listen on.',
          `Write host:port, for example ${example} or [::1]:${port}.`,
        );
      if (Number(match[3]) > 65_535) return wrong('There is no such port.', 'Write a port from 0 to 65535.');
      return { value: { host, port: Number(match[3]) } };
    },
  );
}

/** A host name or an IP address, without scheme and port. */
export const host = text(
  { description: 'Host name or IP address of the database server.', examples: ['db.internal'] },
  (given) =>
    isIP(given) !== 0 || /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?$/.test(given)
      ? { value: given }
      : wrong('This is not a host name.', 'Write the name or address alone; the port has a key of its own.'),
);

/** `host:port` of a Sentinel; an IPv6 address stands in brackets, and the port may be left out. */
export const sentinelAddress = nodeAddress('a Redis Sentinel', 'sentinel-1.internal', 26_379);

/** The same of a node of a cluster. */
export const clusterAddress = nodeAddress('a node of a Redis Cluster', 'node-1.internal', 6_379);

/** Where clients reach a door of ours through whatever stands in front of it. */
export function advertisedAddress(door: string, usualPort: number) {
  return nodeAddress(`the ${door} door as clients reach it`, 'db.example.com', usualPort);
}

function nodeAddress(what: string, example: string, usualPort: number) {
  const description = `Address of ${what}.`;
  return text({ description, examples: [`${example}:${usualPort}`] }, (given) => {
    const match =
      /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?))(?::(\d{1,5}))?$/.exec(
        given,
      );
    const host = match?.[1] ?? match?.[2] ?? '';
    const port = Number(match?.[3] ?? usualPort);
    if (match === null || port < 1 || port > 65_535 || (match[1] !== undefined && isIP(host) !== 6))
      return wrong(
        `This is not the address of ${what}.`,
        `Write host:port, for example ${example}:${usualPort} or [::1]:${usualPort}.`,
      );
    return { value: { host, port } };
  });
}

/** Whether a host names this machine and nothing else, without asking a name server. */
export function isLoopback(name: string): boolean {
  const bare = name.startsWith('[') ? name.slice(1, -1) : name;
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/** `acme.example`, or `*.acme.example` for every host below it. */
export const redirectHost = text(
  { description: 'A host, or *. and a domain for every host below it.', examples: ['*.acme.example'] },
  (given) =>
    /^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(given)
      ? { value: given }
      : wrong('This is not a host.', 'Write a name as bi.acme.example, or *.acme.example for all below it.'),
);

/** A proxy, or a network of them. A prefix of no bits would let everybody say who they are. */
export const trustedProxy = text(
  { description: 'An address, or a network as address/bits.', examples: ['10.0.0.0/8', '192.0.2.7'] },
  (given) => {
    const [address = '', bits, ...rest] = given.split('/');
    const most = isIP(address) === 6 ? 128 : 32;
    const isNetwork = bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= most);
    return isIP(address) !== 0 && isNetwork && rest.length === 0
      ? { value: given }
      : wrong(
          'This is no address and no network.',
          'Write an address as 192.0.2.7, or a network as 10.0.0.0/8.',
        );
  },
);

/** Where a browser is sent back to: compared byte by byte later, so it must be exact here. */
export const redirectUri = text(
  {
    description: 'Absolute https address, or http on a loopback host; no fragment. Compared exactly.',
    examples: ['https://bi.acme.example/callback'],
  },
  (given) => {
    const url = URL.parse(given);
    if (url === null || given.includes('*') || /\s/.test(given))
      return wrong(
        'This is not an absolute address.',
        'Write the whole address, for example https://app.example.com/callback; there are no wildcards.',
      );
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      return wrong(
        'Any application of a device may claim such an address, and get the code.',
        'Write an https address that the application has claimed, or http://127.0.0.1 for one that listens there.',
      );
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname)))
      return wrong(
        'A code would be sent over an open connection.',
        'Write an https address; http is for loopback hosts only.',
      );
    if (given.includes('#'))
      return wrong('A redirect address has no fragment.', 'Remove the # and what follows it.');
    if (url.username !== '' || url.password !== '')
      return wrong('A redirect address has no user name.', 'Remove what stands before the @.');
    if (!isPlainHost(url.hostname))
      return wrong(
        'No host has such a name.',
        'Use letters, digits, - and _ only, in parts with a dot between them.',
      );
    return { value: given };
  },
);

/** Where AWS calls go instead of to AWS itself: a VPC endpoint, or a stand-in on loopback. */
export const awsEndpoint = text(
  {
    description:
      'Base URL of the AWS calls for this database, for example of a VPC endpoint. For a URL of each service use the variables AWS_ENDPOINT_URL_<SERVICE> of the AWS SDK instead.',
    examples: ['https://vpce-0123.redshift.eu-central-1.vpce.amazonaws.com'],
  },
  (given) => {
    const url = URL.parse(given);
    if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:') || given !== url.origin)
      return wrong(
        'This is not the base URL of a service.',
        'Write an origin without path, for example https://vpce.example.com.',
      );
    if (url.protocol === 'http:' && !isLoopback(url.hostname))
      return wrong(
        'Logins would cross the network in clear text.',
        `Write https://${url.host}; http is for loopback hosts only.`,
      );
    return { value: given };
  },
);
