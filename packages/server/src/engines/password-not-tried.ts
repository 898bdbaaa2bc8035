import { type Database, Refusal, type Role } from '../core/index.ts';
import { failureInWords } from './framing/index.ts';

/** Refuses to say whether a server takes the password of a role: a full server or a network fault says nothing about it. */
export function passwordNotTried(
  { name }: Pick<Database, 'name'>,
  { login }: Pick<Role, 'login'>,
  cause: unknown,
): Refusal {
  return new Refusal(
    'request_invalid',
    {
      what: `Whether "${name}" accepts the password of "${login}" could not be tried: ${failureInWords(cause)}`,
    },
    cause,
  );
}
