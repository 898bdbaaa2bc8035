import type { Role } from '../../core/index.ts';

const templates = {
  read: ['Read every table'],
  write: ['Read every table', 'Add, change and delete rows'],
  admin: ['Read every table', 'Add, change and delete rows', 'Create, alter and drop tables'],
} as const;

/**
 * What a role can do, in plain words, one sentence each. A role that Grantway does not manage is defined in the
 * database alone, so the page can only name its login.
 */
export function roleInWords(role: Role): readonly string[] {
  if (role.grants?.kind === 'template') return templates[role.grants.template];
  if (role.grants?.kind === 'statements')
    return [`Do what your administrator granted to the role “${role.name}”`];
  return [`Do everything that the database login “${role.login}” may do`];
}
