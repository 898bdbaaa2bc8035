import type { Secret } from '../../core/index.ts';
import type { LoginRenewal } from '../engine.ts';
import type { ConnectionSettings } from './client-settings.ts';
import { commandBytes } from './messages.ts';

/** Who a connection is logged in as, and with what. */
export interface UpstreamIdentity {
  readonly login: string;
  /** Absent for a user without a password. */
  readonly password: Secret | undefined;
  /** Present when the password is good for a while only. */
  readonly renewal?: LoginRenewal;
  /** The number of the database. */
  readonly database: string;
  readonly settings: ConnectionSettings;
  /** What the configuration takes from the list of refused commands. */
  readonly allowedCommands: ReadonlySet<string>;
}

/** Commands of a login, and how many replies they get. The first is to HELLO. */
export interface LoginCommands {
  readonly bytes: Buffer;
  readonly replies: number;
}

/** The login as it goes over the wire. The secret is in it: send it to the server, and nowhere else. */
export function loginCommands(
  { login, password, database }: Pick<UpstreamIdentity, 'login' | 'password' | 'database'>,
  { protocol, name }: ConnectionSettings,
): LoginCommands {
  const setName = name === '' ? [] : ['SETNAME', name];
  const hello = commandBytes('HELLO', String(protocol), 'AUTH', login, password?.reveal() ?? '', ...setName);
  if (database === '0') return { bytes: hello, replies: 1 };
  return { bytes: Buffer.concat([hello, commandBytes('SELECT', database)]), replies: 2 };
}
