import type { z } from 'zod';
import type { AllowRule } from '../core/index.ts';
import { keysAt, parsed } from './file-parts.ts';
import { listed } from './listed.ts';
import type { KeyPath } from './problem.ts';
import { type Finding, valueAt } from './schema-problems.ts';

/** A rule that names people of a sign-in method that the file does not have would match nobody, ever. */
export function checkRuleUsers(
  root: unknown,
  path: KeyPath,
  schema: z.ZodType<AllowRule | undefined>,
): readonly Finding[] {
  const rule = parsed(schema, root, path);
  if (rule?.kind !== 'users') return [];
  const given = valueAt(root, ['signIn']) === undefined ? ['local'] : keysAt(root, ['signIn']);
  const methods = [...given, 'client'];
  return rule.anyOf.flatMap((entry, index) => {
    const method = entry.slice(0, Math.max(entry.indexOf(':'), 0));
    if (!entry.includes(':') || methods.includes(method)) return [];
    return [
      {
        path: [...path, 'users', index],
        message: `There is no sign-in method ${JSON.stringify(method)}.`,
        fix: `Write method:subject with ${listed(methods, 'or')}, or the bare user name of a local person.`,
      },
    ];
  });
}
