import { Refusal } from '../../../core/index.ts';

const longestName = 128;

/**
 * The name of an ACL user that means on the server exactly what the configuration says.
 * @throws Refusal `request_invalid`
 */
export function loginName(name: string): string {
  const what = problem(name);
  if (what !== undefined)
    throw new Refusal('request_invalid', { what: `The login ${JSON.stringify(name)} ${what}.` });
  return name;
}

function problem(name: string): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(name)) return 'has a space or a character that is not printable ASCII';
  if (name.length > longestName) return `has ${name.length} characters, and ${longestName} is the most`;
  // Every program that names no user is "default"; its password would have to be known to all of them.
  if (name === 'default') return 'is the user of every program that names none; choose another';
  return undefined;
}
