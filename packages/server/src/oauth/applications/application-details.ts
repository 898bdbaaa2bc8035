import { type Principal, principalId, Refusal } from '../../core/index.ts';
import type { RegisteredApplication, RegisteredClient } from '../../store/index.ts';
import { clientFacts } from '../client-facts.ts';
import type { ApplicationParts } from './application-parts.ts';
import { mayApprove } from './application-rules.ts';

/** An application as its developer and the administrators see it. */
export interface ApplicationDetails {
  readonly id: string;
  readonly name: string;
  readonly owner?: string;
  readonly state: 'waiting' | 'approved' | 'disabled';
  readonly decidedBy?: string;
  readonly logo?: string;
  readonly redirectUris: readonly string[];
  readonly scopes: readonly string[];
  readonly confidential: boolean;
  readonly createdAt: number;
}

/** Of those that are still registered. */
export async function describeAll(
  parts: ApplicationParts,
  applications: readonly RegisteredApplication[],
): Promise<readonly ApplicationDetails[]> {
  return (await Promise.all(applications.map((one) => describe(parts, one)))).flat();
}

/** What somebody may see of an application. @throws Refusal `not_found`, also for one that is neither theirs nor theirs to approve */
export async function detailsFor(
  parts: ApplicationParts,
  by: Principal,
  clientId: string,
): Promise<ApplicationDetails> {
  const application = await parts.store.applications.get(clientId);
  const [found] = application === undefined ? [] : await describe(parts, application);
  if (found === undefined || (found.owner !== principalId(by) && !mayApprove(parts.config(), by)))
    throw new Refusal('not_found');
  return found;
}

async function describe(
  { store }: ApplicationParts,
  application: RegisteredApplication,
): Promise<readonly ApplicationDetails[]> {
  const client = await store.clients.get(application.clientId);
  return client === undefined ? [] : [detailsOf(application, client)];
}

function detailsOf(application: RegisteredApplication, client: RegisteredClient): ApplicationDetails {
  const { disabled, createdAt } = client;
  const { name, authentication, redirectUris, scopes } = clientFacts(client);
  const { owner, decidedBy, logo, state } = application;
  return {
    id: client.id,
    name,
    state: disabled ? 'disabled' : state,
    ...(owner !== undefined && { owner }),
    ...(decidedBy !== undefined && { decidedBy }),
    ...(logo !== undefined && { logo }),
    redirectUris,
    scopes,
    confidential: authentication !== 'none',
    createdAt,
  };
}
