import { plugin } from '../protocol.ts';
import type { Product } from './product.ts';

/** Plugins whose login cannot be replayed or guessed from what a listener or a thief of the tables has. */
export const strongPlugins: ReadonlySet<string> = new Set([plugin.cachingSha2, 'ed25519', 'parsec']);

/** The plugins for which a verifier can be made here. */
export type PasswordPlugin = 'caching_sha2_password' | 'parsec' | 'ed25519' | 'mysql_native_password';

/** The best plugin that the server has loaded and that we can make a verifier for. MariaDB has only the last by itself. */
export function bestPlugin(product: Product, loaded: ReadonlySet<string>): PasswordPlugin {
  if (product === 'mysql') return 'caching_sha2_password';
  if (loaded.has('parsec')) return 'parsec';
  return loaded.has('ed25519') ? 'ed25519' : 'mysql_native_password';
}
