import type { ClientCertificate, Refusal } from '../core/index.ts';

/** What an in-process caller asks of its session beside the bytes; a wire protocol has no place for it. */
export interface SessionDemand {
  /** The database that is meant: the session is refused when the token is for another one. */
  readonly database: string;
  /** The session is refused when the token does not hold this role. */
  readonly role?: string;
  /** What the caller showed in the handshake of its own connection. */
  readonly certificate?: ClientCertificate;
  /** Called with the refusal that the session also answers or ends with in the wire protocol, before that is written. */
  readonly refused?: (refusal: Refusal) => void;
}
