import { Refusal } from '../../../core/index.ts';

/** NAMEDATALEN - 1: PostgreSQL silently cuts a longer name, and two names could then become one. */
const longestName = 63;

/**
 * A role name that means in PostgreSQL exactly what the configuration says.
 * @throws Refusal `request_invalid`
 */
export function roleName(name: string): string {
  const what = problem(name);
  if (what !== undefined)
    throw new Refusal('request_invalid', { what: `The role name ${JSON.stringify(name)} ${what}.` });
  return name;
}

function problem(name: string): string | undefined {
  const bytes = Buffer.byteLength(name, 'utf8');
  if (bytes === 0) return 'is empty';
  if (bytes > longestName) return `is ${bytes} bytes long, and PostgreSQL takes ${longestName}`;
  if (/\p{Cc}/u.test(name)) return 'has a control character';
  if (/^pg_/i.test(name)) return 'starts with pg_, which PostgreSQL keeps for itself';
  if (/^(public|none|current_user|current_role|session_user)$/i.test(name)) return 'is a word of SQL';
  return undefined;
}
