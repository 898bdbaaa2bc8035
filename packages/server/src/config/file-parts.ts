import type { z } from 'zod';
import type { KeyPath } from './problem.ts';
import { valueAt } from './schema-problems.ts';

/** The keys of the section at a path, in the order of the file; none when there is no section. */
export function keysAt(root: unknown, path: KeyPath): readonly string[] {
  const value = valueAt(root, path);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}

/** The value at a path when it is well-formed by itself, whatever is wrong elsewhere. */
export function parsed<T>(schema: z.ZodType<T>, root: unknown, path: KeyPath): T | undefined {
  return schema.safeParse(valueAt(root, path)).data;
}
