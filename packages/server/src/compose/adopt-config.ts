import type { Config } from '../config/index.ts';
import { syncConfiguredUsers } from '../identity/index.ts';
import type { GatewayBase } from './open-base.ts';

/** Lets what the config says of clients and people count from now on. */
export async function adoptConfig(
  next: Config,
  { inForce, clients, revocation, store, clock }: GatewayBase,
): Promise<void> {
  await clients.sync(next);
  await syncConfiguredUsers(next.users, store.people, clock, {
    removed: (person) => revocation.person(person, 'your account was removed', 'config'),
    passwordReplaced: (person) => revocation.browserSessions(person, 'config'),
  });
  inForce.config = next;
}
