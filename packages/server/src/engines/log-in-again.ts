import { Refusal } from '../core/index.ts';
import type { UpstreamLogin } from './engine.ts';

/**
 * Logs in once more during a session, whose password may have been rotated since. The password of the session comes first:
 * what the role has now cannot be looked up any more once the role is gone. `logIn` tries one password.
 *
 * @throws what `logIn` throws; for a refused password only when there is no other
 */
export async function logInAgain<Session>(
  { password, current }: Pick<UpstreamLogin, 'password' | 'current'>,
  logIn: (password: UpstreamLogin['password']) => Promise<Session>,
): Promise<Session> {
  let refused: unknown;
  for await (const candidate of passwordsOf(password, current)) {
    try {
      return await logIn(candidate);
    } catch (thrown) {
      if (!(thrown instanceof Refusal) || thrown.code !== 'upstream_refused_login') throw thrown;
      refused = thrown;
    }
  }
  throw refused;
}

async function* passwordsOf(password: UpstreamLogin['password'], current: UpstreamLogin['current']) {
  yield password;
  for await (const now of current?.() ?? []) {
    if (now.password?.reveal() !== password?.reveal()) yield now.password;
  }
}
