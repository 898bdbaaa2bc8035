import { GrantwayError } from '../errors.ts';

/** "Send the password itself", and how the exchange says that the channel must protect it (MySQL, caching_sha2_password). */
const fullAuthentication = 0x04;
/** A scramble of the right length that fits no password, so that the server asks for the password itself. */
const noScramble = new Uint8Array(32);

type AuthPlugin = (context: { readonly connection: unknown }) => (data: Uint8Array) => Answer;
/** `null`: nothing to say, the server has let us in. */
type Answer = Buffer | Promise<Buffer> | null;

/**
 * The `authPlugins` option of mysql2: asks for a token at each connection, where the option `password` is read once for
 * the whole pool. Leave `password` out. The connection must use TLS (`ssl`): without it the plugin refuses, because
 * the token would cross the network as it is.
 */
export function mysql2Token(password: () => Promise<string>): Record<string, AuthPlugin> {
  return {
    caching_sha2_password:
      ({ connection }) =>
      (data) => {
        if (!usesTls(connection)) {
          throw new GrantwayError('insecure_issuer', 'A token is only sent over TLS. Set the option "ssl".');
        }
        if (data.length > 1) return Buffer.from(noScramble);
        if (data[0] !== fullAuthentication) return null;
        return password().then((token) => Buffer.from(`${token}\0`, 'utf8'));
      },
  };
}

function usesTls(connection: unknown): boolean {
  const config = property(connection, 'config');
  return Boolean(property(config, 'ssl'));
}

function property(value: unknown, name: string): unknown {
  return value !== null && typeof value === 'object' ? Reflect.get(value, name) : undefined;
}
