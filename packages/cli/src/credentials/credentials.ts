import type { Connection } from '@grantway/client';
import { Failure } from '../failure.ts';

/** Everything that is kept. */
export interface Credentials {
  /** The issuer of the latest sign-in: the default of every command. */
  readonly current: string | undefined;
  readonly logins: ReadonlyMap<string, SavedLogin>;
}

/** A sign-in at one issuer. */
export interface SavedLogin {
  /** How the person signed in, and will be asked again for another database. */
  readonly method: 'browser' | 'device';
  /** Who signed in: the subject of the ID token, unique and never given to anybody else at its issuer. No name is. */
  readonly person: string;
  readonly refreshToken: string | undefined;
  /** By {@link accessKey}. */
  readonly accesses: ReadonlyMap<string, SavedAccess>;
}

/** A role on a database: the token of the moment and what renews it. */
export interface SavedAccess {
  readonly accessToken: string;
  /** Wall-clock milliseconds. */
  readonly expiresAt: number;
  readonly refreshToken: string | undefined;
  readonly connection: Connection;
}

/** `authdb` for the default role, `authdb:readonly` for a named one: as in the scope. */
export function accessKey(database: string, role: string | undefined): string {
  return role === undefined ? database : `${database}:${role}`;
}

/** Nobody is signed in anywhere. */
export const noCredentials: Credentials = { current: undefined, logins: new Map() };

/** The file's text. */
export function serialize(credentials: Credentials): string {
  const logins = Object.fromEntries(
    [...credentials.logins].map(([issuer, login]) => [
      issuer,
      { ...login, accesses: Object.fromEntries(login.accesses) },
    ]),
  );
  return `${JSON.stringify({ version: 1, current: credentials.current, logins }, null, 2)}\n`;
}

/** Reads the file's text. @throws Failure when it is not ours, or of another version */
export function parse(text: string, file: string): Credentials {
  try {
    const root = record(JSON.parse(text));
    if (root.version !== 1) throw new TypeError('another version');
    return {
      current: optionalText(root.current),
      logins: new Map(
        Object.entries(record(root.logins)).map(([issuer, login]) => [issuer, parseLogin(login)]),
      ),
    };
  } catch (cause) {
    throw new Failure(`${file} cannot be read. Remove it and sign in again with grantway login.`, { cause });
  }
}

function parseLogin(value: unknown): SavedLogin {
  const login = record(value);
  return {
    method: login.method === 'device' ? 'device' : 'browser',
    person: text(login.person),
    refreshToken: optionalText(login.refreshToken),
    accesses: new Map(
      Object.entries(record(login.accesses)).map(([key, access]) => [key, parseAccess(access)]),
    ),
  };
}

function parseAccess(value: unknown): SavedAccess {
  const access = record(value);
  const connection = record(access.connection);
  return {
    accessToken: text(access.accessToken),
    expiresAt: number(access.expiresAt),
    refreshToken: optionalText(access.refreshToken),
    connection: {
      database: text(connection.database),
      role: text(connection.role),
      engine: text(connection.engine),
      host: text(connection.host),
      port: number(connection.port),
      username: text(connection.username),
    },
  };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new TypeError('no object');
  return value as Readonly<Record<string, unknown>>;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('no text');
  return value;
}

function optionalText(value: unknown): string | undefined {
  return value === undefined ? undefined : text(value);
}

function number(value: unknown): number {
  if (typeof value !== 'number') throw new TypeError('no number');
  return value;
}
