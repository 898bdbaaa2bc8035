import { Refusal } from '../../core/index.ts';
import { freshPrincipal } from '../accounts.ts';
import { callerAddress } from '../caller-address.ts';
import { clientStanding, isBarred } from '../client-standing.ts';
import { takeTurn } from './one-answer.ts';
import { partByRight } from './resolve-access.ts';
import {
  askedOf,
  type Browser,
  clientOf,
  finishPage,
  type InteractionContext,
  waitingRequest,
} from './waiting-request.ts';

/**
 * Goes on with the request as the person decided; the decision is on record before it takes effect.
 * @throws Refusal `cross_site` when no form waits in this browser (any more), `audit_unavailable`
 */
export async function finishConsent(
  context: InteractionContext,
  browser: Browser,
  decision: 'allow' | 'deny',
): Promise<void> {
  const { store, audit, consents } = context;
  const [request, response] = browser;
  const details = await waitingRequest(context, browser, 'consent');
  const turn = details && (await takeTurn(context, details));
  if (turn?.outcome === 'answered') {
    // The same form again, by a second click for instance: the first answer stands, and the browser goes where it led.
    response.writeHead(303, { location: turn.returnTo, 'content-length': 0 }).end();
    return;
  }
  await using _ = turn;
  const client = details && (await clientOf(context, details));
  const personId = details?.session?.accountId;
  const principal = personId === undefined ? undefined : await freshPrincipal(context, personId);
  if (details === undefined || client === undefined || personId === undefined || principal === undefined)
    throw new Refusal('cross_site');
  const config = context.config();
  const asked = askedOf(details, config);
  const { granted, rejected } = partByRight(asked.databases, principal, client.id, config);
  const remoteAddress = callerAddress(request);

  const barred = isBarred(await clientStanding(store, client), personId);
  const nothingToAllow = asked.databases.length > 0 && Object.keys(granted).length === 0;
  if (decision === 'deny' || nothingToAllow || barred) {
    await audit.recordDurably({
      type: 'consent',
      outcome: 'denied',
      scopes: [...asked.identityScopes, ...asked.databases.flatMap(({ scopes }) => scopes)],
      person: personId,
      client: client.id,
      remoteAddress,
    });
    await finishPage(context, browser, {
      error: 'access_denied',
      error_description:
        decision === 'deny'
          ? 'The person declined.'
          : barred
            ? 'This application waits for approval: until then only its developer can use it.'
            : 'No rule gives this person such a role on what was asked for.',
    });
    return;
  }
  const grantId = await consents.allow({
    personId,
    clientId: client.id,
    granted: { identity: asked.identityScopes, resources: granted },
    rejected: { identity: [], resources: rejected },
    remoteAddress,
  });
  await finishPage(context, browser, { consent: { grantId } });
}
