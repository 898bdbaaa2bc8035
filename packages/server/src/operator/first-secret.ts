import { newId, Secret } from '../core/index.ts';
import { hashPassword } from '../identity/index.ts';
import type { Workspace } from './workspace.ts';

/** How long a first secret works, in milliseconds (ASVS 6.4.1: it must not become a lasting password). */
const firstSecretMs = 7 * 24 * 60 * 60 * 1000;

/** A secret that is shown once and never again. */
export interface FirstSecret {
  readonly id: string;
  readonly secret: Secret;
  /** Wall-clock milliseconds. */
  readonly expiresAt: number;
}

/** Gives a local person a new first secret, in place of the password or first secret that they had. */
export async function giveFirstSecret(
  { store, clock }: Pick<Workspace, 'store' | 'clock'>,
  id: string,
): Promise<FirstSecret> {
  // 22 characters hold more than 128 bits, and can still be read out.
  const secret = new Secret(newId().slice(0, 22));
  const expiresAt = clock.now() + firstSecretMs;
  await store.people.setPassword(id, { hash: await hashPassword(secret), expiresAt });
  return { id, secret, expiresAt };
}
