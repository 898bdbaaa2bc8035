import type { Reach } from './role-reach.ts';
import type { Held } from './server-state.ts';

/** A login that may use something. */
export interface MayUse {
  readonly login: string;
  /** The role that gives it the right, as SQL names it; absent when the login holds that itself. */
  readonly through: string | undefined;
}

/** The logins with a privilege like `wanted` on a table, view or routine of a database, each once. Pure. */
export function mayUse(
  reaches: readonly Reach[],
  wanted: RegExp,
  schema: string,
  name: string,
): readonly MayUse[] {
  const covers = (held: Held) => wanted.test(held.privilege) && isOn(held, schema, name);
  return reaches.flatMap(({ login, account, roles }): readonly MayUse[] => {
    if (account.holds.some(covers)) return [{ login, through: undefined }];
    const role = roles.find(({ holds }) => holds.some(covers));
    return role === undefined ? [] : [{ login, through: role.sql }];
  });
}

/** The login in a sentence. */
export function said({ login, through }: MayUse): string {
  return through === undefined ? `login ${login}` : `login ${login}, through the role ${through},`;
}

function isOn({ kind, object }: Held, schema: string, name: string): boolean {
  switch (kind) {
    case 'server':
      return true;
    case 'database':
      return patternOf(object).test(schema);
    case 'table':
    case 'routine':
      return object === `${schema}.${name}`;
    case 'column':
      return object.startsWith(`${schema}.${name}.`);
    default:
      return false;
  }
}

/** A database after GRANT … ON may be a pattern: `_` and `%` are wildcards, a backslash takes that from them. */
function patternOf(written: string): RegExp {
  const source = written.replaceAll(/\\([\\_%])|([_%])|([^\w])/g, (_, literal, wildcard, other) => {
    if (wildcard !== undefined) return wildcard === '_' ? '.' : '.*';
    const character: string = literal ?? other;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return new RegExp(`^${source}$`, 's');
}
