import type { Secret } from '../../core/index.ts';
import { ServerBrokeProtocol } from '../framing/index.ts';
import { md5Answer } from './md5.ts';
import { cStrings, message } from './messages.ts';
import { authentication, fromClient } from './protocol.ts';

/** The one message that answers a server's request, or why there is none. */
export type PasswordAnswer =
  | { readonly outcome: 'message'; readonly bytes: Buffer }
  | { readonly outcome: 'impossible'; readonly why: string };

/**
 * Proves a password in one message; `data` is what follows the method's code in the server's request.
 * @throws ServerBrokeProtocol when the request is malformed
 */
export type PasswordMethod = (login: string, password: Secret, data: Buffer) => PasswordAnswer;

/** PostgreSQL's own, by the code of the request. */
export const passwordMethods: ReadonlyMap<number, PasswordMethod> = new Map<number, PasswordMethod>([
  [authentication.cleartextPassword, (_, password) => passwordMessage(password.reveal())],
  [
    authentication.md5Password,
    (login, password, salt) => {
      if (salt.length !== 4) throw new ServerBrokeProtocol('an MD5 salt has 4 bytes');
      return passwordMessage(md5Answer(login, password, salt));
    },
  ],
]);

function passwordMessage(text: string): PasswordAnswer {
  return { outcome: 'message', bytes: message(fromClient.password, cStrings(text)) };
}
