import type { Audit } from '../audit/index.ts';
import type { Listener, RevocationFollower } from '../gateway/index.ts';
import type { HealthReport } from '../http/index.ts';
import type { Store } from '../store/index.ts';

interface Parts {
  readonly store: Store;
  readonly follower: RevocationFollower;
  readonly audit: Audit;
  readonly listeners: readonly Listener[];
}

/** What of a gateway is up. A store from which no revocation can be read is as good as none. */
export async function gatewayHealth({ store, follower, audit, listeners }: Parts): Promise<HealthReport> {
  const storeAnswers = await store.ping().then(
    () => true,
    () => false,
  );
  return {
    store: storeAnswers && follower.fresh ? 'up' : 'down',
    audit: audit.failed ? 'down' : 'up',
    ...Object.fromEntries(listeners.map(({ name, listening }) => [name, listening ? 'up' : 'down'])),
  };
}
