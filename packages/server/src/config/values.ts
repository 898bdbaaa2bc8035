import { z } from 'zod';
import type { StoreLocation } from './config.ts';
import { packMistake } from './mistake.ts';
import { text, wrong } from './text-value.ts';

const nameFix =
  'Use a small letter first, then small letters, digits, - and _, at most 63 in all: it becomes part of scopes and addresses.';

/** The name of a database or a role: what scopes, resources and URLs are made of. */
export const entryName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,62}$/, { error: () => packMistake('This name cannot be used.', nameFix) });

const milliseconds = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const durationForm = /^(\d{1,9})([smhd])$/;

/** `90s`, `15m`, `12h` or `30d`: a whole number and one unit, between the two limits. Gives milliseconds. */
export function duration(description: string, fallback: string, least: string, most: string) {
  const [from, to] = [parseDuration(least) ?? 0, parseDuration(most) ?? 0];
  return text({ description, examples: [fallback], pattern: durationForm.source }, (given) => {
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
function parseDuration(given: string): number | undefined {
  const match = durationForm.exec(given);
  if (match === null) return undefined;
  return Number(match[1]) * milliseconds[match[2] as keyof typeof milliseconds];
}

/** `600/1m`: so many requests in so long a time, or `off`. */
export function rate(description: string, fallback: string) {
  return text({ description, examples: [fallback] }, (given) => {
    if (given === 'off') return { value: undefined };
    const [, requests = '', window = ''] = /^([1-9]\d{0,8})\/(\w+)$/.exec(given) ?? [];
    const windowMs = parseDuration(window);
    if (windowMs === undefined || windowMs < 1000 || windowMs > milliseconds.d)
      return wrong(
        'This is not a rate.',
        `Write requests/time with a time from 1s to 24h, for example ${fallback}, or off.`,
      );
    return { value: { requests: Number(requests), windowMs } };
  });
}

const secretForm = /^(env:[A-Za-z_][A-Za-z0-9_]*$|file:.)/;

const literalSecret = packMistake(
  'A secret is never written in this file.',
  'Put the value into an environment variable and write env:NAME here, or into a file of its own and write file:PATH.',
);

/** A secret by reference. A literal is refused without being shown, whatever its type. */
export function secretReference(description: string) {
  return text(
    { description, examples: ['env:NAME', 'file:./name.secret'], pattern: secretForm.source },
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
  return secretForm.test(given);
}

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
  {
    description: 'argon2id (PHC format) or bcrypt hash, in quotes.',
    examples: ['$2b$12$…'],
    pattern: `${argon2id.source}|${bcrypt.source}`,
  },
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

const scopeForm = /^(openid|profile|groups|offline_access|db:[^:\s"\\]+(:[^:\s"\\]+)?)$/;

/** One scope of a client; whether the database exists is checked with the whole file. */
export const scope = text(
  { description: scopeFix, examples: ['db:authdb:readonly'], pattern: scopeForm.source },
  (given) => (scopeForm.test(given) ? { value: given } : wrong('This is not a scope.', scopeFix)),
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
