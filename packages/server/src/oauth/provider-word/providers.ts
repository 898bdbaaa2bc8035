import type { Clock } from '../../core/index.ts';
import type { ProviderLink, SignInMethod } from '../../identity/index.ts';
import type { Store } from '../../store/index.ts';
import type { Vault } from '../../vault/index.ts';
import type { Revoker } from '../revoker.ts';
import { createProviderSessions, type ProviderSessions } from './provider-sessions.ts';

/** A provider that did not answer is left alone for this long. */
const coolDownMs = 10_000;

/** What providers are asked with, and what their word changes. */
export interface ProviderWordParts {
  readonly signInMethods: readonly SignInMethod[];
  readonly store: Pick<Store, 'people' | 'artifacts' | 'attempts' | 'revocations' | 'locks'>;
  readonly vault: Pick<Vault, 'put' | 'open' | 'remove'>;
  readonly revoker: Pick<Revoker, 'access' | 'person'>;
  readonly clock: Clock;
  readonly log: { warn(fields: object, message: string): void };
}

/** The providers that can be asked between sign-ins, and what they gave for the people who came from them. */
export interface Providers extends Pick<ProviderWordParts, 'store' | 'revoker' | 'clock' | 'log'> {
  /** By the name of the sign-in method. */
  readonly links: ReadonlyMap<string, ProviderLink>;
  readonly sessions: ProviderSessions;
  /** Those that did not answer a moment ago: nobody asks them now. */
  readonly silent: { has(method: string): boolean; add(method: string): void };
}

/** The providers of these sign-in methods. Asks none of them. */
export function providersOf({ signInMethods, vault, ...parts }: ProviderWordParts): Providers {
  const { store, clock } = parts;
  const links = new Map<string, ProviderLink>();
  for (const method of signInMethods) {
    if (method.kind === 'redirect' && method.afterwards !== undefined)
      links.set(method.name, method.afterwards);
  }
  const silentUntil = new Map<string, number>();
  return {
    ...parts,
    links,
    sessions: createProviderSessions(store, vault, clock),
    silent: {
      has: (method) => (silentUntil.get(method) ?? 0) > clock.now(),
      add: (method) => silentUntil.set(method, clock.now() + coolDownMs),
    },
  };
}

/**
 * Ends what stands on the word of a provider, by `end`. The word itself goes first: nobody renews meanwhile what is
 * ended. What the provider gave goes last: when a step fails, the person is still found by it, and all of it is done again.
 */
export async function withdrawWord(
  { store, sessions }: Providers,
  personId: string,
  end: () => Promise<void>,
): Promise<void> {
  await store.people.silence(personId);
  await end();
  await sessions.forget(personId);
}
