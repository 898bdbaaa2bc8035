import { Refusal } from '../../../core/index.ts';
import type { CommandCatalog } from './command-catalog.ts';
import type { WantedUser } from './wanted-users.ts';

/** Not @admin to the server, and still out of reach: it sends keys to any host that the caller names. */
export const reachingOut: readonly string[] = ['migrate'];

/**
 * Refuses rights that no managed role may have on this server: anything that is @admin, and what is @dangerous unless
 * a rule names just that command. A category that the next version of the server fills differently then shows itself.
 *
 * @throws Refusal `request_invalid`
 */
export function checkRights({ login, rights }: WantedUser, catalog: CommandCatalog): void {
  for (const { commands: rules } of [rights.root, ...rights.selectors]) {
    for (const rule of rules) {
      if (catalog.named(rule.slice(1)) === undefined)
        throw refused(login, `has the rule ${rule}, and this server has no such command or category`);
    }
    const allowed = catalog.allowed(rules);
    const never = allowed.intersection(catalog.category('admin').union(new Set(reachingOut)));
    if (never.size > 0)
      throw refused(
        login,
        `could run ${list(never)}, which no managed role may; take that away with -@admin or by name`,
      );
    const named = new Set(rules.filter((rule) => rule.startsWith('+')).map((rule) => rule.slice(1)));
    const silent = allowed.intersection(catalog.category('dangerous')).difference(named);
    if (silent.size > 0)
      throw refused(
        login,
        `could run ${list(silent)}, which the server calls @dangerous; name each, or add -@dangerous`,
      );
  }
}

/** The first few of the commands, for a sentence. */
export function list(commands: ReadonlySet<string>): string {
  const sorted = [...commands].sort();
  const shown = sorted.slice(0, 3).join(', ');
  return sorted.length > 3 ? `${shown} and ${sorted.length - 3} more` : shown;
}

function refused(login: string, what: string): Refusal {
  return new Refusal('request_invalid', { what: `The login "${login}" ${what}.` });
}
