import type { RegisteredApplication, RegisteredClient, Store } from '../store/index.ts';
import { clientFacts } from './client-facts.ts';
import { isLoopbackUri } from './client-metadata.ts';

/** What a client may be taken for. */
export interface ClientStanding {
  /** Whether whoever runs the gateway registered or approved it. Others are asked about each time, with a warning. */
  readonly verified: boolean;
  /** Set while it waits for approval: only its developer may let it in, and it leads back to this machine alone. */
  readonly testMode: boolean;
  /** The principal id of its developer, when a person registered it. */
  readonly owner?: string;
  /** A small image as a `data:` URL, when it is verified. */
  readonly logo?: string;
}

/** Registered by somebody whom nobody has to know. */
const selfMade: readonly RegisteredClient['origin'][] = ['page', 'registration', 'document'];

/** How far a client is trusted, by who registered it and who approved it. */
export async function clientStanding(
  store: Pick<Store, 'applications'>,
  client: RegisteredClient,
): Promise<ClientStanding> {
  if (!selfMade.includes(client.origin)) return { verified: true, testMode: false };
  const application = await store.applications.get(client.id);
  if (application !== undefined) return standingOf(application);
  // One from the page without an owner was left half made: nobody may let it in.
  return { verified: false, testMode: client.origin === 'page' };
}

/** Whether a client waits for approval and this person is not its developer, who alone may let it in meanwhile. */
export function isBarred({ testMode, owner }: ClientStanding, personId: string | undefined): boolean {
  return testMode && owner !== personId;
}

function standingOf({ state, owner, logo, decidedBy }: RegisteredApplication): ClientStanding {
  const verified = state === 'approved' && decidedBy !== undefined;
  return {
    verified,
    testMode: state === 'waiting',
    ...(owner !== undefined && { owner }),
    // A logo that nobody has looked at could be somebody else's.
    ...(logo !== undefined && verified && { logo }),
  };
}

const testRedirect = 'http://127.0.0.1/callback';

/**
 * A registration as it works in test mode: nothing leaves the developer's machine, on whatever port the application
 * runs there (RFC 8252, section 7.3).
 */
export function inTestMode(client: RegisteredClient): RegisteredClient['metadata'] {
  const local = clientFacts(client).redirectUris.filter(isLoopbackUri);
  const { post_logout_redirect_uris: _, ...others } = client.metadata;
  return {
    ...others,
    application_type: 'native',
    redirect_uris: local.length > 0 ? local : [testRedirect],
  };
}
