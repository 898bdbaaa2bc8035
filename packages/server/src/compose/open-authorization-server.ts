import type { EngineName } from '../core/index.ts';
import { concludeSignIn } from '../http/flows/index.ts';
import { oauthPages } from '../http/index.ts';
import { type AuthorizationServer, createAuthorizationServer } from '../oauth/index.ts';
import type { GatewayBase } from './open-base.ts';
import type { SigningIn } from './open-signing-in.ts';

/** The authorization server over the ways to sign in. `doorPort` is the port that an engine's door really has. */
export function openAuthorizationServer(
  base: GatewayBase,
  { directPasswords, providerWord, certificateOf }: SigningIn,
  doorPort: (engine: EngineName) => number | undefined,
): Promise<AuthorizationServer> {
  const { store, audit, clock } = base;
  return createAuthorizationServer({
    ...base,
    log: base.logger,
    pages: oauthPages,
    providerWord,
    doorPort,
    ...(directPasswords !== undefined && {
      directPasswords: {
        method: directPasswords,
        conclude: (prove, from) =>
          concludeSignIn(directPasswords.name, prove, { ...from, audit, people: store.people, clock }),
      },
    }),
    certificateOf,
  });
}
