import { type Permit, Refusal } from '../core/index.ts';
import {
  FarSessions,
  LivePeopleFollower,
  RevocationFollower,
  SessionPublisher,
  SessionRegistry,
  stillPermitted,
} from '../gateway/index.ts';
import type { GatewayBase } from './open-base.ts';
import { rereadEveryMs } from './open-sign-in-methods.ts';
import type { SigningIn } from './open-signing-in.ts';

/** The sessions of this gateway, those of the others on its store, and what tells the one of the other. */
export interface LiveSessions {
  readonly registry: SessionRegistry;
  readonly farSessions: FarSessions;
  /** Whether the configuration in force would still give a permit. */
  readonly stillAllowed: (permit: Permit) => Promise<boolean>;
  /** Ends here what was revoked anywhere. */
  readonly follower: RevocationFollower;
  /** Tells the others what runs here. */
  readonly publisher: SessionPublisher;
}

/** None runs yet, and nothing is watched: see {@link watchLiveSessions}. */
export function liveSessions({ gatewayId, store, config, clock, log }: GatewayBase): LiveSessions {
  const registry = new SessionRegistry(gatewayId, clock);
  const stillAllowed = (permit: Permit) => stillPermitted(permit, config().databases, store);
  return {
    registry,
    farSessions: new FarSessions(store, gatewayId, clock, log),
    stillAllowed,
    follower: new RevocationFollower(store.revocations, registry, log, stillAllowed),
    publisher: new SessionPublisher(store.sessions, registry, gatewayId, clock, log),
  };
}

/**
 * Watches all that ends a session from outside of it: revocations, what providers say of the people behind them, and an
 * audit log that cannot be written.
 */
export async function watchLiveSessions(
  { registry, follower, publisher }: LiveSessions,
  { audit, log }: GatewayBase,
  { signInMethods, providerWord }: SigningIn,
  opened: AsyncDisposableStack,
): Promise<void> {
  await follower.start();
  opened.defer(() => follower.stop());
  const people = new LivePeopleFollower(registry, providerWord, log);
  people.start(rereadEveryMs(signInMethods));
  opened.defer(() => people.stop());
  publisher.start();
  opened.defer(() => publisher.stop());
  audit.onFailure(() => void registry.stopAll(new Refusal('audit_unavailable')));
}
