import { inspect } from 'node:util';

/**
 * A value that must not be printed. Every implicit road to text (string conversion, JSON, `console.log`)
 * gives `[secret]`; {@link Secret.reveal} is the one explicit road, easy to find in a review.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value in clear. Call it where the value leaves for its one purpose, and keep the result nowhere. */
  reveal(): string {
    return this.#value;
  }

  /** Length in UTF-16 code units, for limits that are checked before the value is looked at. */
  get length(): number {
    return this.#value.length;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

/** Turns a reference of the config file (`env:NAME`, `file:PATH`) into the secret it names. */
export interface SecretSource {
  /** @throws an Error whose message names the reference and never a value. */
  resolve(reference: string): Promise<Secret>;
}
