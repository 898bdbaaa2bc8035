import type { Principal, Secret } from '../../core/index.ts';
import type { ClientError, ClientUse } from '../../store/index.ts';
import { type ApplicationDetails, describeAll, detailsFor } from './application-details.ts';
import type { ApplicationParts } from './application-parts.ts';
import { mayApprove, mayRegister } from './application-rules.ts';
import {
  approveApplication,
  disconnectApplication,
  removeApplication,
  rotateApplicationSecret,
} from './change-application.ts';
import { type MadeApplication, registerApplication, type WantedApplication } from './register-application.ts';

/**
 * Applications that people register for themselves. Every change is recorded durably before it takes effect, and is
 * refused to whoever may not make it.
 */
export interface Applications {
  mayRegister(principal: Principal): boolean;
  mayApprove(principal: Principal): boolean;
  /** The secret is given this once. @throws Refusal `forbidden`, `request_invalid` */
  register(by: Principal, wanted: WantedApplication): Promise<MadeApplication>;
  /** What this person registered. */
  ownedBy(personId: string): Promise<readonly ApplicationDetails[]>;
  /** What waits for somebody to approve it. */
  waiting(): Promise<readonly ApplicationDetails[]>;
  /** @throws Refusal `not_found`, also for one that is neither theirs nor theirs to approve */
  details(by: Principal, clientId: string): Promise<ApplicationDetails>;
  /** What went wrong for it lately, and for whom it works. Throws like {@link Applications.details}. */
  activity(
    by: Principal,
    clientId: string,
  ): Promise<{ readonly errors: readonly ClientError[]; readonly uses: readonly ClientUse[] }>;
  /** A new secret; the others work for `overlapMs` more. Its developer's alone. */
  rotateSecret(by: Principal, clientId: string, overlapMs: number): Promise<Secret>;
  /** Ends what everybody let it do. It stays registered. */
  disconnectAll(by: Principal, clientId: string): Promise<void>;
  remove(by: Principal, clientId: string): Promise<void>;
  /** Lets it work for everybody. @throws Refusal `forbidden`, `not_found` */
  approve(by: Principal, clientId: string): Promise<void>;
}

/** See {@link Applications}. */
export function createApplications(parts: ApplicationParts): Applications {
  const { config, store } = parts;
  return {
    mayRegister: (principal) => mayRegister(config(), principal),
    mayApprove: (principal) => mayApprove(config(), principal),
    register: (by, wanted) => registerApplication(parts, by, wanted),
    ownedBy: async (owner) => describeAll(parts, await store.applications.list({ owner })),
    waiting: async () => describeAll(parts, await store.applications.list({ state: 'waiting' })),
    details: (by, clientId) => detailsFor(parts, by, clientId),

    async activity(by, clientId) {
      await detailsFor(parts, by, clientId);
      const [errors, uses] = await Promise.all([
        store.activity.errors(clientId),
        store.activity.uses({ clientId }),
      ]);
      return { errors, uses };
    },

    rotateSecret: (by, clientId, overlapMs) => rotateApplicationSecret(parts, by, clientId, overlapMs),
    disconnectAll: (by, clientId) => disconnectApplication(parts, by, clientId),
    remove: (by, clientId) => removeApplication(parts, by, clientId),
    approve: (by, clientId) => approveApplication(parts, by, clientId),
  };
}
