import { exchange, ok } from './exchange.ts';
import type { Ask } from './reads.ts';

const mostWrongTries = 3;

/** A fresh token, or the old one, of the same person: the session goes on. */
export const renew: Ask = (session, random) => {
  session.wrongTries = 0;
  const token = random.pick(session.parts.tokens);
  return [exchange(random.chance(50) ? ['AUTH', token] : ['AUTH', 'anyone', token], ok)];
};

/** A token that is none, or somebody else's: refused, and the session stays what it was. */
export const wrongToken: Ask = (session, random) => {
  if (session.wrongTries === mostWrongTries) return renew(session, random);
  session.wrongTries += 1;
  const token = random.chance(50) ? `gwt_${session.word()}` : session.parts.strangersToken;
  return [exchange(['AUTH', token], /^-(WRONGPASS|NOPERM|NOAUTH|ERR) /)];
};

/** Another version of the protocol, or the same, perhaps with a token. */
export const hello: Ask = (session, random) => {
  const version = random.pick([2, 3] as const);
  session.protocol = version;
  const withToken = random.chance(30);
  if (withToken) session.wrongTries = 0;
  const auth = withToken ? ['AUTH', 'anyone', random.pick(session.parts.tokens)] : [];
  return [
    exchange(
      ['HELLO', String(version), ...auth],
      new RegExp(`^[*%][\\s\\S]*\\r\\n:${version}\\r\\n[\\s\\S]*$`),
    ),
  ];
};

/** Back to where a connection begins; nothing works until the person signs in again. */
export const reset: Ask = (session, random) => {
  session.protocol = 2;
  session.marker = '';
  return [
    exchange(['RESET'], '+RESET\r\n'),
    exchange(['GET', `t:${session.person}:0`], /^-NOAUTH /),
    ...renew(session, random),
  ];
};
