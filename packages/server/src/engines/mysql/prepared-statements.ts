import { RecentNames, StatementText } from '../relaying/index.ts';
import type { Prepared } from './statement.ts';

/** MariaDB's clients execute what they have just prepared by this number, without waiting for the real one. */
const lastPreparedId = 0xffff_ffff;
/** Parameters of one session that were sent ahead of their execution and are kept in mind for its record. */
export const mostSentAhead = 4_096;

/** What the numbers of one session's prepared statements stand for, and what was sent ahead of their execution. */
export class PreparedStatements {
  readonly #byNumber = new RecentNames<Prepared, number>();
  #last: Prepared | 'refused' | undefined;
  #sentAhead = 0;

  /** A COM_STMT_PREPARE that goes to the server. */
  prepare(text: StatementText): Prepared {
    const prepared = { text, parameterCount: undefined, types: undefined, longData: new Map() };
    this.#last = prepared;
    return prepared;
  }

  /** One that is answered here. */
  refuse(): void {
    this.#last = 'refused';
  }

  /** The server has given this number to what was prepared. */
  name(statementId: number, prepared: Prepared): void {
    this.#byNumber.set(statementId, prepared, prepared.text.text.length);
  }

  /**
   * What a number of the client's stands for. `refused`: the last COM_STMT_PREPARE never reached the server, which has
   * the one before for its last. `forgotten`: too many others came since. A number that nobody has is an error of the
   * server's, which the client gets from it.
   */
  find(statementId: number): Prepared | 'refused' | 'forgotten' {
    if (statementId === lastPreparedId && this.#last === 'refused') return 'refused';
    const prepared = this.#known(statementId);
    if (prepared !== undefined) return prepared;
    if (this.#byNumber.forgot) return 'forgotten';
    const text = new StatementText(`EXECUTE ${statementId}`);
    return { text, parameterCount: 0, types: undefined, longData: new Map() };
  }

  /** The sizes of what is sent ahead for a statement, with this parameter among them. Undefined for no statement. */
  sizesAhead(statementId: number, parameter: number): Map<number, number> | 'too_many' | undefined {
    const sizes = this.#known(statementId)?.longData;
    if (sizes === undefined) return undefined;
    if (!sizes.has(parameter)) {
      if (this.#sentAhead === mostSentAhead) return 'too_many';
      this.#sentAhead += 1;
      sizes.set(parameter, 0);
    }
    return sizes;
  }

  /** It was executed, which takes what was sent ahead. */
  executed(prepared: Prepared): void {
    if (prepared.longData.size === 0) return;
    this.#sentAhead -= prepared.longData.size;
    prepared.longData.clear();
  }

  reset(statementId: number): void {
    const prepared = this.#known(statementId);
    if (prepared !== undefined) this.executed(prepared);
  }

  close(statementId: number): void {
    this.reset(statementId);
    this.#byNumber.delete(statementId);
  }

  clear(): void {
    this.#byNumber.clear();
    this.#last = undefined;
    this.#sentAhead = 0;
  }

  #known(statementId: number): Prepared | undefined {
    if (statementId !== lastPreparedId) return this.#byNumber.get(statementId);
    return this.#last === 'refused' ? undefined : this.#last;
  }
}
