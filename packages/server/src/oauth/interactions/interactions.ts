import type Provider from 'oidc-provider';
import type { AuthorizationServer } from '../authorization-server.ts';
import { describeRequest } from './describe-request.ts';
import { finishConsent } from './finish-consent.ts';
import { finishSignIn } from './finish-sign-in.ts';
import type { InteractionContext, InteractionParts } from './waiting-request.ts';

/** What {@link AuthorizationServer} says of a request that waits for a person. */
export type Interactions = Pick<AuthorizationServer, 'interaction' | 'finishSignIn' | 'finishConsent'>;

/** The steps of a person between the authorization request and the answer. */
export function createInteractions(provider: Provider, parts: InteractionParts): Interactions {
  const context: InteractionContext = { ...parts, provider };
  return {
    interaction: (request, response, uid) => describeRequest(context, [request, response], uid),
    finishSignIn: (request, response, signIn) => finishSignIn(context, [request, response], signIn),
    finishConsent: (request, response, decision) => finishConsent(context, [request, response], decision),
  };
}
