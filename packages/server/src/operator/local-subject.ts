import { foldUsername } from '../config/index.ts';
import { Refusal } from '../core/index.ts';

/** What somebody can type into the sign-in page, and a command or a rule can name without a sign-in method before it. */
const plainName = /^[^\p{C}\s:]+(?: [^\p{C}\s:]+)*$/u;
const longest = 254;

/**
 * The subject of a local person, by the user name that an operator gives them.
 * @throws Refusal `request_invalid` for what can be no user name
 */
export function localSubject(username: string): string {
  if (username.length > longest || !plainName.test(username))
    throw new Refusal('request_invalid', {
      what: `A user name has 1 to ${longest} characters, no colon, no spaces around it and no invisible characters.`,
    });
  return foldUsername(username);
}
