import {
  ScimError as ScimPatchError,
  type ScimPatchOperation,
  type ScimResource,
  scimPatch,
} from 'scim-patch';
import { z } from 'zod';
import { ScimError } from './scim-error.ts';

const operation = z.object({
  op: z
    .string()
    .transform((op) => op.toLowerCase())
    .pipe(z.enum(['add', 'remove', 'replace'])),
  path: z
    .string()
    .max(1_000)
    // A path names attributes; these would name what every object has.
    .refine((path) => !/__proto__|constructor|prototype/.test(path), 'is no path')
    .optional(),
  value: z.unknown().optional(),
});
const shape = z.object({ Operations: z.array(operation).min(1).max(1_000) });

type Operation = z.infer<typeof operation>;

/**
 * The resource as a patch leaves it (RFC 7644, section 3.5.2); the one that was given stays as it is. Takes what Entra ID
 * and Okta send as well: operations in capitals, a removal of members by their values, a replacement without a path.
 * @throws ScimError
 */
export function patched(
  resource: Readonly<Record<string, unknown>>,
  body: unknown,
): Readonly<Record<string, unknown>> {
  const parsed = shape.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ScimError(400, `${issue?.path.join('.')}: ${issue?.message}`, 'invalidSyntax');
  }
  const operations = parsed.data.Operations.flatMap(oneByOne).filter((one) => !touchesOurs(one));
  const copy = structuredClone(resource) as unknown as ScimResource;
  try {
    return scimPatch(copy, operations as ScimPatchOperation[], {
      treatMissingAsAdd: true,
    }) as unknown as Readonly<Record<string, unknown>>;
  } catch (thrown) {
    if (thrown instanceof ScimPatchError) throw new ScimError(400, thrown.message, 'invalidPath');
    throw thrown;
  }
}

/** `remove` of `members` with a list of values removes these, where the letter of the RFC would remove all. */
function oneByOne(given: Operation): readonly Operation[] {
  if (given.op !== 'remove' || given.path?.toLowerCase() !== 'members') return [given];
  const values = z.array(z.looseObject({ value: z.string().regex(/^[^"\\]{1,64}$/) })).safeParse(given.value);
  if (!values.success) return [{ op: 'remove', path: 'members', value: undefined }];
  return values.data.map(({ value }) => ({
    op: 'remove' as const,
    path: `members[value eq "${value}"]`,
    value: undefined,
  }));
}

/** Okta repeats the id in a replacement without a path; what is ours stays as it is. */
function touchesOurs({ path }: Operation): boolean {
  return path !== undefined && ['id', 'meta', 'schemas', 'groups'].includes(path.toLowerCase());
}
