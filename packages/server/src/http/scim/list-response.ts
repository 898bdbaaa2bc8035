import { type Filter, filter, parse } from 'scim2-parse-filter';
import { z } from 'zod';
import { ScimError } from './scim-error.ts';

/** How many resources one answer holds at most. */
export const mostResults = 200;
const defaultResults = 100;

const whole = z.coerce.number().int();
const query = z.object({
  filter: z.string().max(1_000).optional(),
  startIndex: whole.optional(),
  count: whole.optional(),
  attributes: z.string().max(1_000).optional(),
  excludedAttributes: z.string().max(1_000).optional(),
});

type ListQuery = z.infer<typeof query>;

/** @throws ScimError `invalidValue` */
export function readListQuery(given: unknown): ListQuery {
  const parsed = query.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ScimError(
    400,
    'startIndex and count are whole numbers, and each parameter stands once.',
    'invalidValue',
  );
}

/** The one attribute that a filter compares with a text, as clients do to find what they wrote; undefined otherwise. */
export function soughtIn({ filter: text }: ListQuery): { attribute: string; value: string } | undefined {
  const [, attribute, value] = /^\s*(\w+)\s+eq\s+"([^"\\]*)"\s*$/i.exec(text ?? '') ?? [];
  return attribute === undefined || value === undefined
    ? undefined
    : { attribute: attribute.toLowerCase(), value };
}

/** One page of what a filter leaves (RFC 7644, sections 3.4.2.2 and 3.4.2.4). @throws ScimError `invalidFilter` */
export function listResponse(
  resources: readonly Readonly<Record<string, unknown>>[],
  asked: ListQuery,
): object {
  const matching = resources.filter(matcher(asked.filter));
  const from = Math.max(asked.startIndex ?? 1, 1);
  const count = Math.min(Math.max(asked.count ?? defaultResults, 0), mostResults);
  const page = matching.slice(from - 1, from - 1 + count);
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: matching.length,
    startIndex: from,
    itemsPerPage: page.length,
    Resources: page.map((resource) => projected(resource, asked)),
  };
}

/** Only what was asked for (RFC 7644, section 3.9); `id` and `schemas` are always there. */
export function projected(
  resource: Readonly<Record<string, unknown>>,
  { attributes, excludedAttributes }: ListQuery,
): Readonly<Record<string, unknown>> {
  const names = (list: string) =>
    new Set(list.split(',').map((one) => one.trim().split('.')[0]?.toLowerCase()));
  const keep = attributes === undefined ? undefined : names(attributes);
  const drop = names(excludedAttributes ?? '');
  return Object.fromEntries(
    Object.entries(resource).filter(([key]) => {
      if (key === 'id' || key === 'schemas') return true;
      return keep === undefined ? !drop.has(key.toLowerCase()) : keep.has(key.toLowerCase());
    }),
  );
}

function matcher(text: string | undefined): (resource: unknown) => boolean {
  if (text === undefined) return () => true;
  try {
    const matches = filter(caseInsensitive(parse(text)));
    return (resource) => matches(lowered(resource));
  } catch {
    throw new ScimError(400, 'This filter cannot be understood.', 'invalidFilter');
  }
}

/** Attribute names compare without case (RFC 7643, section 2.1), and so do values here: no two of ours differ by case alone. */
function caseInsensitive(ast: Filter): Filter {
  return JSON.parse(JSON.stringify(ast), (key, value: unknown) =>
    typeof value === 'string' && (key === 'attrPath' || key === 'compValue') ? value.toLowerCase() : value,
  );
}

function lowered(value: unknown): unknown {
  if (typeof value === 'string') return value.toLowerCase();
  if (Array.isArray(value)) return value.map(lowered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key.toLowerCase(), lowered(one)]));
}
