import { Refusal } from '../../core/index.ts';
import type { PeerOutcome, StatementObserver } from '../engine.ts';
import type { ClientVerdict } from '../relaying/index.ts';
import { cancelKeyOf, mostConnectionId } from './connection-id.ts';
import type { Conversation } from './conversation.ts';
import type { KillStatement } from './kill-statement.ts';
import { errorReply, okReply, packet, refusalReply } from './packets.ts';
import { command, deniedCommands, errno } from './protocol.ts';

/** Our answers follow commands of one packet. */
const answerSequence = 1;

/** What is said to a KILL that could reach sessions by the server's numbers. */
export const foreignKill = new Refusal('feature_not_offered', {
  what: 'KILL with anything but the number of a connection',
});

const notEnded = new Refusal('statement_not_ended');

/** What is known of a KILL QUERY at another gateway; clients show it beside the OK. */
const passedOn =
  'The KILL was passed on to the gateway that has this session; whether its server took it is not known here.';

/** As the record has a KILL; absent where nothing failed that is known of. */
const killErrors: Readonly<Record<PeerOutcome, number | undefined>> = {
  done: undefined,
  passed_on: undefined,
  unconfirmed: notEnded.native.mysql,
  unknown: errno.unknownThread,
};

/** What the gateway answers in the place of the server, which never hears of the command. */
export class OwnAnswers {
  readonly #conversation: Conversation;
  readonly #observer: StatementObserver;

  constructor(conversation: Conversation, observer: StatementObserver) {
    this.#conversation = conversation;
    this.#observer = observer;
  }

  /** Turns a number of ours into the session that has it, if that is the same person's; `text` is for the record. */
  kill({ what, connectionId }: KillStatement, text: string): ClientVerdict {
    return answered(async () => {
      const startedAt = performance.now();
      // A text may have greater numbers than any session.
      const asked =
        connectionId > mostConnectionId
          ? undefined
          : await this.#observer.endPeer?.(cancelKeyOf(connectionId).id, what);
      const outcome = asked ?? 'unknown';
      this.#conversation.killed(text, performance.now() - startedAt, killErrors[outcome]);
      return this.#killAnswer(outcome, connectionId);
    });
  }

  #killAnswer(outcome: PeerOutcome, connectionId: number): Buffer {
    switch (outcome) {
      case 'done':
        return okReply(this.#conversation.transactionStatus);
      case 'passed_on':
        return okReply(this.#conversation.transactionStatus, passedOn);
      case 'unconfirmed':
        return refusalReply(notEnded);
      case 'unknown':
        return errorReply(errno.unknownThread, `Unknown thread id: ${connectionId}`);
    }
  }

  /** A text with a KILL that the server would carry out by its own numbers. */
  foreignKill(text: string): ClientVerdict {
    return this.#refused(text, foreignKill.native.mysql, refusalReply(foreignKill));
  }

  /** A plain KILL that was to be prepared: drivers send it as a query then. */
  preparedKill(text: string): ClientVerdict {
    const said = 'This command is not supported in the prepared statement protocol yet';
    return this.#refused(text, errno.notPreparable, errorReply(errno.notPreparable, said));
  }

  /** A command on a statement that was refused. */
  unknownStatement(text: string): ClientVerdict {
    const said = 'Unknown prepared statement handler';
    return this.#refused(text, errno.unknownStatement, errorReply(errno.unknownStatement, said));
  }

  /** A command that is never forwarded. */
  denied(code: number): ClientVerdict {
    const name = deniedCommands[code] ?? `COM_0x${code.toString(16).padStart(2, '0')}`;
    if (code !== command.changeUser) {
      return this.#refused(name, errno.unknownCommand, errorReply(errno.unknownCommand, 'Unknown command'));
    }
    const refusal = new Refusal('feature_not_offered', { what: 'Changing the user of an open connection' });
    return this.#refused(name, refusal.native.mysql, refusalReply(refusal));
  }

  /** For a command that has no answer, and is to be dropped. */
  silence(): ClientVerdict {
    return { kind: 'local', answer: async () => Buffer.alloc(0) };
  }

  /** The record says that it was tried. */
  #refused(text: string, errorNumber: number, payload: Buffer): ClientVerdict {
    return answered(async () => {
      this.#conversation.refused(text, errorNumber);
      return payload;
    });
  }
}

function answered(payload: () => Promise<Buffer>): ClientVerdict {
  return { kind: 'local', answer: async () => packet(answerSequence, await payload()) };
}
