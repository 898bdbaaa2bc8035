import type { Config } from '../config/index.ts';
import { syncConfiguredUsers } from '../identity/index.ts';
import type { GatewayBase } from './open-base.ts';
import { roleSecretsNotAtHand } from './secrets-not-at-hand.ts';

/** Lets what the config says of clients and people count from now on, and logs the roles that cannot be used by it. */
export async function adoptConfig(
  next: Config,
  { inForce, clients, revoker, store, secrets, clock, log }: GatewayBase,
): Promise<void> {
  await clients.sync(next);
  await syncConfiguredUsers(next.users, store.people, clock, {
    removed: (person) => revoker.person(person, 'your account was removed', 'config'),
    passwordReplaced: (person) => revoker.browserSessions(person, 'config'),
  });
  inForce.config = next;
  for (const { key, problem } of await roleSecretsNotAtHand(next, secrets))
    log.problem(`${key}: ${problem} This role lets nobody in until then.`, undefined);
}
