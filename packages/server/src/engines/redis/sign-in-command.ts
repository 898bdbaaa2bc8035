import { Secret } from '../../core/index.ts';
import type { RespVersion } from './protocol.ts';

/** What AUTH or HELLO asks for. */
export type SignInCommand =
  | { readonly kind: 'auth'; readonly credential: Credential }
  | {
      readonly kind: 'hello';
      /** Absent: stay with the version that is spoken. */
      readonly protocol: RespVersion | undefined;
      readonly credential: Credential | undefined;
      readonly name: string | undefined;
    }
  /** The text of the error that a server gives. */
  | { readonly kind: 'wrong'; readonly error: string };

/** A user name, which is only a hint, and an access token. */
export interface Credential {
  readonly user: string;
  readonly token: Secret;
}

/** What a server says to whoever did not sign in, word for word: clients look for it. */
export const noAuth = 'NOAUTH Authentication required.';
/** The same to a HELLO that brings no credential. */
export const helloNeedsAuth =
  'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> ' +
  'option can be used to authenticate the client and select the RESP protocol version at the same time';

/** Reads AUTH, as `AUTH token` or `AUTH user token`. */
export function readAuth(args: readonly Buffer[]): SignInCommand {
  const [, first, second] = args;
  if (first === undefined) return wrong("ERR wrong number of arguments for 'auth' command");
  if (args.length > 3) return wrong('ERR syntax error');
  const [user, token] = second === undefined ? ['', first] : [first.toString(), second];
  return { kind: 'auth', credential: { user, token: new Secret(token.toString()) } };
}

/** Reads `HELLO [version [AUTH user token] [SETNAME name]]`. */
export function readHello(args: readonly Buffer[]): SignInCommand {
  const [, version] = args;
  if (version === undefined)
    return { kind: 'hello', protocol: undefined, credential: undefined, name: undefined };
  const written = version.toString('latin1');
  if (!/^(0|-?[1-9]\d{0,18})$/.test(written)) {
    return wrong('ERR Protocol version is not an integer or out of range');
  }
  if (written !== '2' && written !== '3') return wrong('NOPROTO unsupported protocol version');

  let credential: Credential | undefined;
  let name: string | undefined;
  for (let at = 2; at < args.length; ) {
    const option = args[at]?.toString('latin1') ?? '';
    const [user, token] = [args[at + 1], args[at + 2]];
    if (option.toUpperCase() === 'AUTH' && user !== undefined && token !== undefined) {
      credential = { user: user.toString(), token: new Secret(token.toString()) };
      at += 3;
    } else if (option.toUpperCase() === 'SETNAME' && user !== undefined) {
      name = user.toString('latin1');
      if (!/^[!-~]*$/.test(name)) {
        return wrong('ERR Client names cannot contain spaces, newlines or special characters.');
      }
      at += 2;
    } else return wrong(`ERR Syntax error in HELLO option '${option.slice(0, 64)}'`);
  }
  return { kind: 'hello', protocol: written === '2' ? 2 : 3, credential, name };
}

function wrong(error: string): SignInCommand {
  return { kind: 'wrong', error };
}
