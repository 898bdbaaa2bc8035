import { aclCategories, readAclRules } from '../core/index.ts';
import type { RoleEntry } from './database-schema.ts';
import { didYouMean } from './did-you-mean.ts';
import type { KeyPath } from './problem.ts';
import type { Finding } from './schema-problems.ts';
import { aclEngines } from './supported.ts';

/** What a role's list of ACL rules says wrong, as far as no server has to be asked. */
export function checkAclRules(engine: string, { grants }: RoleEntry, at: KeyPath): readonly Finding[] {
  if (grants?.kind !== 'statements' || !aclEngines.some((one) => one === engine)) return [];
  return readAclRules(grants.statements).problems.map(({ entry, rule, what }) => ({
    path: entry === undefined ? [...at, 'grants'] : [...at, 'grants', entry],
    message: rule === undefined ? what : `The rule ${rule} ${what}.`,
    fix: fixOf(rule ?? ''),
  }));
}

function fixOf(rule: string): string {
  const [, category = ''] = /^[+-]@(.*)$/.exec(rule) ?? [];
  const meant = didYouMean(category, aclCategories);
  if (category !== '' && meant !== undefined) return `Did you mean @${meant}?`;
  return 'Write +command, -command, +@category, -@category, ~keys, %R~keys, %W~keys, &channels, or several of them in (parentheses).';
}
