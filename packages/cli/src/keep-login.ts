import type { Gateway, Tokens } from '@grantway/client';
import { credentialsFile, type SavedLogin } from './credentials/index.ts';
import { endLogin } from './end-login.ts';
import type { SignInMethod } from './sign-in/index.ts';
import { say, type Terminal } from './terminal.ts';

/**
 * Keeps what somebody signed in for, in `change`, and makes their sign-in the default. Tokens of another person who signed in
 * here before are not theirs to use: they end at the gateway, as at a logout, and go.
 */
export async function keepLogin(
  terminal: Terminal,
  gateway: Gateway,
  { tokens, method }: { readonly tokens: Tokens; readonly method: SignInMethod },
  change: (login: SavedLogin) => SavedLogin,
): Promise<void> {
  const person = tokens.person?.subject ?? '';
  let earlier: 'none' | 'ended' | 'unreachable' = 'none';
  await credentialsFile(terminal).update(async (credentials) => {
    const before = credentials.logins.get(gateway.issuer);
    if (before !== undefined && before.person !== person)
      earlier = await endLogin(async () => gateway, before);
    const login: SavedLogin =
      before?.person === person
        ? before
        : {
            method: method === 'device' ? 'device' : 'browser',
            person,
            refreshToken: undefined,
            accesses: new Map(),
          };
    const logins = new Map(credentials.logins).set(gateway.issuer, change(login));
    return { current: gateway.issuer, logins };
  });
  if (earlier === 'none') return;
  say(
    terminal,
    earlier === 'ended'
      ? 'Somebody else was signed in here: their tokens are ended.'
      : 'Somebody else was signed in here: their tokens are removed, but the gateway did not end them, and they work until they expire.',
  );
}
