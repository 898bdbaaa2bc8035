import type { CarriedSignOut, SignOutMessage } from '../../identity/index.ts';
import type { AuthorizationServer } from '../../oauth/index.ts';

interface ProviderSignOut {
  readonly method: string;
  readonly signOut: Pick<CarriedSignOut, 'endsSessions'>;
  readonly asked: Extract<SignOutMessage, { outcome: 'asked' }>;
  readonly authorizationServer: Pick<AuthorizationServer, 'signOutEverywhere' | 'endEverything'>;
}

/**
 * Ends what the provider asked to end, and gives the address that tells it so: only afterwards, so that it never hears
 * of an end that did not come.
 * @throws whatever the store throws (fail closed)
 */
export async function signOutByProvider({
  method,
  signOut,
  asked,
  authorizationServer,
}: ProviderSignOut): Promise<URL> {
  const { personId } = asked;
  const by = `provider:${method}`;
  if (personId !== undefined) {
    if (signOut.endsSessions)
      await authorizationServer.endEverything(personId, 'you signed out at your identity provider', by);
    else await authorizationServer.signOutEverywhere(personId, by);
  }
  return await asked.answer();
}
