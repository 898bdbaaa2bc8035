import { isAbsolute, resolve } from 'node:path';
import { Secret } from '../core/index.ts';
import { readSecretFile } from './secret-file.ts';
import type { SecretSource } from './vault.ts';

/** Where a secret reference points to. */
export type SecretReference =
  | { readonly kind: 'env'; readonly name: string }
  /** Absolute path. */
  | { readonly kind: 'file'; readonly path: string };

/**
 * Reads `env:NAME` and `file:PATH`; a relative path starts from `directory`, the folder of the config file.
 * @throws Error for anything else. As it may be a secret written in clear, the message does not repeat it.
 */
export function parseSecretReference(reference: string, directory: string): SecretReference {
  const [, name] = /^env:([A-Za-z_][A-Za-z0-9_]*)$/.exec(reference) ?? [];
  if (name !== undefined) return { kind: 'env', name };
  const [, path] = /^file:(.+)$/.exec(reference) ?? [];
  if (path !== undefined) return { kind: 'file', path: isAbsolute(path) ? path : resolve(directory, path) };
  throw new Error(
    'A secret is written as a reference, never in clear: put the value into an environment variable and write env:NAME, or into a file of its own and write file:PATH.',
  );
}

/** The secrets of the environment and of files; `directory` is the folder of the config file. */
export function secretSource(directory: string): SecretSource {
  return {
    async resolve(text) {
      const reference = parseSecretReference(text, directory);
      if (reference.kind === 'env') return new Secret(environmentSecret(reference.name));
      const { content } = await readSecretFile(reference.path);
      const secret = new Secret(content.toString());
      content.fill(0);
      return secret;
    },
  };
}

/** @throws Error when the variable is not set or empty: an empty password is a mistake, not a secret. */
export function environmentSecret(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`The environment variable ${name} is not set. Set it to the secret before the start.`);
  }
  return value;
}
