import { Secret } from '../../core/index.ts';
import { hashPassword } from '../../identity/index.ts';
import type { Site } from './site.ts';

/** Gives somebody a first secret for a day, as `users add` and `users reset` do. */
export async function withFirstSecret(
  { store, clock }: Site,
  name: string,
  secret: string,
): Promise<{ readonly username: string }> {
  const username = `${name}@example.com`;
  const id = `local:${username}`;
  const now = Date.now() + clock.offset;
  await store.people.put({ id, displayName: username, groups: ['viewer'], claims: {} }, now);
  await store.people.setPassword(id, {
    hash: await hashPassword(new Secret(secret)),
    expiresAt: now + 86_400_000,
  });
  return { username };
}
