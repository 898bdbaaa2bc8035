import { Violation } from './violation.ts';

/**
 * Who wrote which word to the journal that the server keeps, and whether it must be there: an insert is unsure until it is answered,
 * then it is kept; what was rolled back, or could not have been committed, must never be there.
 */
export class Journal {
  readonly #state = new Map<string, 'unsure' | 'kept' | 'undone'>();

  /** About to be written. */
  begun(entry: string): void {
    this.#state.set(entry, 'unsure');
  }

  /** The server has confirmed the commit. */
  kept(entry: string): void {
    this.#state.set(entry, 'kept');
  }

  /** Nobody has committed it, or ever will. */
  undone(entry: string): void {
    this.#state.set(entry, 'undone');
  }

  /** Compares it with what the server has. @throws Violation */
  compare(entries: readonly string[]): void {
    const stored = new Set(entries);
    if (stored.size !== entries.length) throw new Violation('a word was written twice');
    for (const entry of stored) {
      const state = this.#state.get(entry) ?? 'unknown';
      if (state === 'undone' || state === 'unknown')
        throw new Violation(`${entry} was written, but is ${state}`);
    }
    for (const [entry, state] of this.#state) {
      if (state === 'kept' && !stored.has(entry)) throw new Violation(`${entry} was confirmed and is lost`);
    }
  }
}
