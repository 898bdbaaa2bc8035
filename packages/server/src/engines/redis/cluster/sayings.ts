import { argumentBytes, type Command, nameOf } from '../command.ts';
import { commandBytes } from '../messages.ts';
import { respType } from '../protocol.ts';
import type { NodeLink } from './node-link.ts';
import { pending } from './reply.ts';

/** What a command says of the connection that it comes on; a later one of the same `what` takes its place. */
export interface Saying {
  readonly what: string;
  /** As it is said again. */
  readonly bytes: Buffer;
}

/** `bytes` are those of the command. Undefined for what a login says by itself, and for the end of all that was said. */
export function sayingOf(command: Command, bytes: Buffer): Saying | undefined {
  const name = nameOf(command, 0);
  switch (name) {
    case 'AUTH':
    case 'SELECT':
    case 'RESET':
      return undefined;
    case 'HELLO':
      // Not what may stand behind the version: a sign-in that is over by then.
      return { what: name, bytes: commandBytes(name, argumentBytes(command, 1)) };
    case 'CLIENT': {
      const what = nameOf(command, 1);
      // It says two things, one at a time.
      return { what: what === 'SETINFO' ? `${what} ${nameOf(command, 2)}` : what, bytes };
    }
    default:
      return { what: name, bytes };
  }
}

/** What a session has said of itself, and the nodes took: a node that it meets later is told the same. */
export class Sayings {
  readonly #taken = new Map<string, Buffer>();

  took({ what, bytes }: Saying): void {
    // The last one counts: READONLY, READWRITE.
    this.#taken.delete(what);
    this.#taken.set(what, bytes);
  }

  /** The connections were reset. */
  clear(): void {
    this.#taken.clear();
  }

  /** Says it to a node before anything else; `refused` when that does not take what others took. */
  tell(link: NodeLink, refused: () => void): void {
    for (const bytes of this.#taken.values()) {
      const take = (reply: Buffer) => {
        if (reply[0] === respType.error) refused();
      };
      link.send(pending(bytes, { take }));
    }
  }
}
