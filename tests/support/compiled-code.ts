import { join } from 'node:path';

/**
 * Environment of every program of ours that a test starts: the compiled form of its hundreds of files is kept between
 * starts, which takes half of the time of one. Elsewhere `bin/grantway` keeps it, in the person's own folder.
 */
export const compiledCode = {
  NODE_COMPILE_CACHE: join(import.meta.dirname, '..', '..', '.cache', 'compiled'),
} as const;
