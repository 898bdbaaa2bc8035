import type { ClaimMapping } from '../config/index.ts';
import type { ClaimValue, Principal } from '../core/index.ts';

/** Claims of a provider, after its signature was checked and nothing else. */
export type ProvenClaims = Readonly<Record<string, unknown>>;

/** What came of reading a principal from claims. */
export type ClaimsReading =
  | { readonly outcome: 'read'; readonly principal: Principal }
  /** `detail` names the claim, never its value. */
  | { readonly outcome: 'unusable'; readonly detail: string };

/** A provider that says more than this of one person does not mean one person. */
const limits = { groups: 1_000, entryLength: 256, subjectLength: 255, nameLength: 200 } as const;

const usualNames = [['name'], ['preferred_username'], ['email']] as const;

/**
 * Who the claims speak of. The identity is (method, `sub`); e-mail and name are labels. A claim that is there and
 * cannot be read, or that the provider keeps elsewhere (`_claim_names`, OpenID Connect Core section 5.6.2: an overage
 * of groups), makes the whole unusable: leaving it out would decide with half of what is known.
 */
export function principalFromClaims(
  method: string,
  claims: ProvenClaims,
  mapping: ClaimMapping,
): ClaimsReading {
  const { sub } = claims;
  if (typeof sub !== 'string' || sub === '' || sub.length > limits.subjectLength || /\p{C}/u.test(sub))
    return unusable('sub is no identifier');
  const elsewhere = claimsKeptElsewhere(claims);
  for (const path of [mapping.groups, ...Object.values(mapping.others)]) {
    if (elsewhere.has(path[0] ?? '')) return unusable(`${path[0]} is kept elsewhere (_claim_names)`);
  }

  const given = valueAt(claims, mapping.groups);
  const groups = given === undefined ? [] : names(given);
  if (groups === undefined) return unusable(`${mapping.groups.join('.')} is no list of groups`);

  const others: Record<string, ClaimValue> = {};
  for (const [name, path] of Object.entries(mapping.others)) {
    const value = valueAt(claims, path);
    if (value === undefined) continue;
    const readable = claimValue(value);
    if (readable === undefined) return unusable(`${path.join('.')} is neither text, number, truth nor list`);
    others[name] = readable;
  }
  const displayName = displayNameOf(claims, mapping) ?? sub;
  return { outcome: 'read', principal: { method, subject: sub, displayName, groups, claims: others } };
}

function unusable(detail: string): ClaimsReading {
  return { outcome: 'unusable', detail };
}

function claimsKeptElsewhere(claims: ProvenClaims): ReadonlySet<string> {
  const names = claims._claim_names;
  return new Set(typeof names === 'object' && names !== null ? Object.keys(names) : []);
}

/** Own properties only: a claim is what the provider wrote. */
function valueAt(claims: ProvenClaims, path: readonly string[]): unknown {
  let value: unknown = claims;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

/** One name alone is what some providers write for a list of one. */
function names(value: unknown): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const isName = (entry: unknown): entry is string =>
    typeof entry === 'string' && entry !== '' && entry.length <= limits.entryLength;
  return list.length <= limits.groups && list.every(isName) ? list : undefined;
}

function claimValue(value: unknown): ClaimValue | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return Array.isArray(value) ? names(value) : undefined;
}

function displayNameOf(claims: ProvenClaims, { displayName }: ClaimMapping): string | undefined {
  for (const path of displayName === undefined ? usualNames : [displayName]) {
    const value = valueAt(claims, path);
    if (typeof value !== 'string') continue;
    const shown = value.replace(/\p{C}/gu, '').trim().slice(0, limits.nameLength);
    if (shown !== '') return shown;
  }
  return undefined;
}
