import { isIP } from 'node:net';
import { z } from 'zod';
import type { StoreLocation } from './config.ts';
import { packMistake } from './mistake.ts';

/** What editors and the reference show for a key. */
type Documented = {
  readonly description: string;
  readonly examples?: readonly string[];
};

/** The result of reading a text: the value, or a packed mistake. */
type Reading<T> = { readonly value: T } | { readonly mistake: string };

function wrong(message: string, fix: string): { readonly mistake: string } {
  return { mistake: packMistake(message, fix) };
}

/** A key that is written as text and means `T`. `notText` replaces the sentence for a value that is no text at all. */
function text<T>(documented: Documented, read: (text: string) => Reading<T>, notText?: string) {
  return (
    z
      .string(notText === undefined ? undefined : { error: () => notText })
      // Before the transform: what describes the text would be dropped from the schema of the value.
      .meta(documented)
      .transform((given, context) => {
        const reading = read(given);
        if ('value' in reading) return reading.value;
        context.issues.push({ code: 'custom', message: reading.mistake, input: given });
        return z.NEVER;
      })
  );
}

const nameFix =
  'Use a small letter first, then small letters, digits, - and _, at most 63 in all: it becomes part of scopes and addresses.';

/** The name of a database or a role: what scopes, resources and URLs are made of. */
export const entryName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,62}$/, { error: () => packMistake('This name cannot be used.', nameFix) });

const milliseconds = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90s`, `15m`, `12h` or `30d`: a whole number and one unit, between the two limits. Gives milliseconds. */
export function duration(description: string, fallback: string, least: string, most: string) {
  const [from, to] = [parseDuration(least) ?? 0, parseDuration(most) ?? 0];
  return text({ description, examples: [fallback] }, (given) => {
    const value = parseDuration(given);
    if (value === undefined)
      return wrong(
        'This is not a duration.',
        `Write a whole number and one of s, m, h, d, for example ${fallback}.`,
      );
    if (value < from || value > to)
      return wrong('This duration is out of range.', `Write something from ${least} to ${most}.`);
    return { value };
  });
}

/** Milliseconds of a duration text; undefined for anything else. */
export function parseDuration(given: string): number | undefined {
  const match = /^(\d{1,9})([smhd])$/.exec(given);
  if (match === null) return undefined;
  return Number(match[1]) * milliseconds[match[2] as keyof typeof milliseconds];
}

const literalSecret = packMistake(
  'A secret is never written in this file.',
  'Put the value into an environment variable and write env:NAME here, or into a file of its own and write file:PATH.',
);

/** A secret by reference. A literal is refused without being shown, whatever its type. */
export function secretReference(description: string) {
  return text(
    { description, examples: ['env:NAME', 'file:./name.secret'] },
    (given) => {
      if (isSecretReference(given)) return { value: given };
      return given.startsWith('env:')
        ? wrong(
            'This is no name of an environment variable.',
            'Write env: and then letters, digits and _ only.',
          )
        : given === 'file:'
          ? wrong(
              'The path is missing.',
              'Write file: and then a path, which starts from the folder of this file.',
            )
          : { mistake: literalSecret };
    },
    literalSecret,
  );
}

function isSecretReference(given: string): boolean {
  return /^env:[A-Za-z_][A-Za-z0-9_]*$/.test(given) || /^file:./.test(given);
}

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
export const sentinelAddress = text(
  { description: 'Address of a Redis Sentinel.', examples: ['sentinel-1.internal:26379'] },
  (given) => {
    const match =
      /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?))(?::(\d{1,5}))?$/.exec(
        given,
      );
    const host = match?.[1] ?? match?.[2] ?? '';
    const port = Number(match?.[3] ?? 26_379);
    if (match === null || port < 1 || port > 65_535 || (match[1] !== undefined && isIP(host) !== 6))
      return wrong(
        'This is not the address of a Sentinel.',
        'Write host:port, for example sentinel-1.internal:26379 or [::1]:26379.',
      );
    return { value: { host, port } };
  },
);

/** Whether a host names this machine and nothing else, without asking a name server. */
export function isLoopback(name: string): boolean {
  const bare = name.startsWith('[') ? name.slice(1, -1) : name;
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

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
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname)))
      return wrong(
        'A code would be sent over an open connection.',
        'Write an https address; http is for loopback hosts only.',
      );
    if (given.includes('#'))
      return wrong('A redirect address has no fragment.', 'Remove the # and what follows it.');
    if (url.username !== '' || url.password !== '')
      return wrong('A redirect address has no user name.', 'Remove what stands before the @.');
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

/** A login of the upstream server: what PostgreSQL can hold in a name without cutting it. */
export function login(description: string, example: string) {
  return text({ description, examples: [example] }, (given) => {
    if (Buffer.byteLength(given) < 1 || Buffer.byteLength(given) > 63)
      return wrong('A login has 1 to 63 bytes.', 'Write the name of a login as the database knows it.');
    if (/\p{Cc}|^\s|\s$/u.test(given))
      return wrong('A login has no control characters and no spaces around it.', 'Write the name alone.');
    if (/^pg_|^(public|none|current_user|current_role|session_user)$/i.test(given))
      return wrong('The database server reserves this name.', 'Choose another login.');
    return { value: given };
  });
}

const argon2id =
  /^\$argon2id\$v=19\$m=\d{1,8},t=\d{1,4},p=\d{1,3}\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,172}$/;
const bcrypt = /^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/;
const notHash = packMistake(
  'This is not an argon2id or bcrypt hash.',
  'Write the whole hash in quotes: a comma inside { … } ends an unquoted text. The password itself is never written here.',
);

/** A password hash made elsewhere. Never shown in a problem. */
export const passwordHash = text(
  { description: 'argon2id (PHC format) or bcrypt hash, in quotes.', examples: ['$2b$12$…'] },
  (given) => (argon2id.test(given) || bcrypt.test(given) ? { value: given } : { mistake: notHash }),
  notHash,
);

/** Where the gateway keeps what it remembers. */
export const store = text<StoreLocation>(
  {
    description:
      'sqlite:PATH for one gateway (left out: grantway.db in dataDir), or postgres://… for many on one store. With a password in it, the address is a secret: env:NAME or file:PATH.',
    examples: ['sqlite:./.grantway/grantway.db'],
  },
  (given) => {
    if (/^sqlite:./.test(given)) return { value: { kind: 'sqlite', path: given.slice('sqlite:'.length) } };
    if (isSecretReference(given)) return { value: { kind: 'postgres', url: given } };
    const url = /^postgres(ql)?:\/\//.test(given) ? URL.parse(given) : null;
    if (url === null)
      return wrong(
        'This is not a store.',
        'Write sqlite:PATH, postgres://host/database, env:NAME or file:PATH.',
      );
    if (url.password !== '' || url.searchParams.has('password')) return { mistake: literalSecret };
    return { value: { kind: 'postgres', url: given } };
  },
);

const scopeFix = 'Write db:<database>, db:<database>:<role>, openid, profile, groups or offline_access.';

/** One scope of a client; whether the database exists is checked with the whole file. */
export const scope = text({ description: scopeFix, examples: ['db:authdb:readonly'] }, (given) =>
  /^(openid|profile|groups|offline_access|db:[^:\s"\\]+(:[^:\s"\\]+)?)$/.test(given)
    ? { value: given }
    : wrong('This is not a scope.', scopeFix),
);

/** A name that people sign in with: shown in pages and logs, so it holds nothing that could break a line. */
export const username = z
  .string()
  .max(254, { error: () => packMistake('A user name has at most 254 characters.', 'Write a shorter name.') })
  .regex(/^[^\p{C}\s]+(?: [^\p{C}\s]+)*$/u, {
    error: () =>
      packMistake(
        'A user name has no spaces around it and no invisible characters.',
        'Write the e-mail or the name alone.',
      ),
  });
