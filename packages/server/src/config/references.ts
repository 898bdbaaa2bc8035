import { dirname, resolve } from 'node:path';

/** How what a config file says of other files becomes absolute: all of it is meant from the file's own folder. */
export interface References {
  readonly path: (written: string) => string;
  /** A secret reference; only `file:` names a file. */
  readonly secret: (reference: string) => string;
}

/** References as they stand in the config at `file`, an absolute path. */
export function referencesFrom(file: string): References {
  const path = (written: string) => resolve(dirname(file), written);
  return {
    path,
    secret: (reference) =>
      reference.startsWith('file:') ? `file:${path(reference.slice('file:'.length))}` : reference,
  };
}
