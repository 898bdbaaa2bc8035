import { createHash } from 'node:crypto';

/** The most bytes of one statement's text that are kept for its record. */
export const mostTextBytes = 65_536;

/** How the session's strings are encoded, as far as it matters for showing them. */
export type TextEncoding = 'utf8' | 'latin1';

/** The text of a statement as the client sent it, cut at the limit; then with the size and hash of all of it. */
export class StatementText {
  readonly text: string;
  #long: LongText | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /**
   * Reads the text that stands in `bytes` from `start` to `end`. Unless that is the `whole` of it,
   * {@link StatementText.feed} takes what follows and {@link StatementText.close} ends it.
   */
  static read(
    bytes: Buffer,
    start: number,
    end: number,
    encoding: TextEncoding,
    whole: boolean,
  ): StatementText {
    if (whole && end - start <= mostTextBytes) return new StatementText(bytes.toString(encoding, start, end));
    const cut = wholeCharacters(bytes, start, Math.min(end, start + mostTextBytes), encoding);
    const statement = new StatementText(bytes.toString(encoding, start, cut));
    statement.#long = { hash: createHash('sha256'), bytes: 0, digest: undefined };
    statement.feed(bytes, start, end);
    if (whole) statement.close();
    return statement;
  }

  /** Whether more of the text is expected. */
  get open(): boolean {
    return this.#long !== undefined && this.#long.digest === undefined;
  }

  /** More bytes of a long text. */
  feed(bytes: Buffer, start: number, end: number): void {
    const long = this.#long;
    if (long === undefined || long.digest !== undefined) return;
    const part = bytes.subarray(start, end);
    long.hash.update(part);
    long.bytes += part.length;
  }

  /** Nothing follows any more. */
  close(): void {
    const long = this.#long;
    if (long !== undefined) long.digest ??= long.hash.digest('hex');
  }

  /** Size and SHA-256 (hex) of all of the text, when it was cut. */
  get whole(): { readonly textBytes: number; readonly textHash: string } | undefined {
    const long = this.#long;
    if (long === undefined) return undefined;
    return { textBytes: long.bytes, textHash: long.digest ?? long.hash.copy().digest('hex') };
  }
}

interface LongText {
  readonly hash: ReturnType<typeof createHash>;
  bytes: number;
  digest: string | undefined;
}

/** Moves a cut to the border before the UTF-8 sequence that it would go through. */
function wholeCharacters(bytes: Buffer, start: number, cut: number, encoding: TextEncoding): number {
  if (encoding !== 'utf8') return cut;
  let at = cut;
  while (at > start && at > cut - 4 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at -= 1;
  return at;
}
