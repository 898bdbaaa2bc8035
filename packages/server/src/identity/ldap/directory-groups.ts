import type { Entry } from 'ldapts';
import { Filter } from 'ldapts';
import type { LdapConfig } from '../../config/index.ts';
import type { Clock } from '../../core/index.ts';
import type { Directory } from './directory.ts';
import { normaliseDn, parseDn } from './distinguished-name.ts';

/** More than this is no person's, or a ring that grows. */
const mostGroups = 1_000;
const mostSearches = 200;
/** All searches together, in milliseconds: a sign-in holds one of few places meanwhile, and somebody waits. */
const mostMs = 20_000;

type GroupsReading =
  | { readonly outcome: 'read'; readonly groups: readonly string[] }
  | { readonly outcome: 'unusable'; readonly detail: string };

/**
 * The groups of an entry. Each is known by its distinguished name, in one spelling; one right below the base also by its
 * short name, since there no two can share it. The same short name elsewhere is another group.
 * @throws Error when the directory does not answer, or takes too long for all of them
 */
export async function directoryGroups(
  directory: Directory,
  entry: Entry,
  config: LdapConfig['groups'],
  clock: Pick<Clock, 'monotonic'>,
): Promise<GroupsReading> {
  if (config === undefined) return { outcome: 'read', groups: [] };
  const { base, filter, nested } = config;
  if (filter === undefined) return named(textsOf(entry, 'memberOf'), base);

  const found = new Map<string, string>();
  const open = [entry.dn];
  const until = clock.monotonic() + mostMs;
  for (let searches = 0; open.length > 0; searches += 1) {
    const member = open.shift() ?? '';
    if (searches >= mostSearches || found.size > mostGroups) return tooMany;
    if (clock.monotonic() > until) throw new Error('the directory takes too long to tell the groups');
    const groups = await directory.search(base, {
      scope: 'sub',
      filter: filter.replaceAll('{dn}', Filter.escape(member)),
      attributes: ['1.1'],
    });
    for (const { dn } of groups) {
      const key = normaliseDn(dn) ?? dn;
      if (found.has(key)) continue;
      found.set(key, dn);
      if (nested) open.push(dn);
    }
  }
  return named([...found.values()], base);
}

const tooMany: GroupsReading = { outcome: 'unusable', detail: 'more groups than a person has' };

function named(dns: readonly string[], base: string): GroupsReading {
  if (dns.length > mostGroups) return tooMany;
  const above = normaliseDn(base);
  const groups = dns.flatMap((dn) => {
    const full = normaliseDn(dn);
    const parts = parseDn(dn);
    if (full === undefined || parts === undefined) return [];
    const parent = parts.slice(1).map(({ type, value }) => `${type}=${value}`);
    const short = normaliseDn(parent.join(',')) === above ? parts[0]?.value : undefined;
    return short === undefined ? [full] : [short, full];
  });
  return { outcome: 'read', groups };
}

/** The values of an attribute that are texts. */
export function textsOf(entry: Entry, attribute: string): readonly string[] {
  const key = Object.keys(entry).find((name) => name.toLowerCase() === attribute.toLowerCase());
  const value = key === undefined ? undefined : entry[key];
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((one) => typeof one === 'string');
}
