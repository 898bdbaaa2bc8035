/** What is wrong with one value, and what to write instead. Never carries a value that could be a secret. */
export interface Mistake {
  readonly message: string;
  readonly fix: string;
}

const border = '\n';

/** Packs a mistake into the one string that a schema issue can carry; {@link unpackMistake} takes it apart. */
export function packMistake(message: string, fix: string): string {
  return message + border + fix;
}

/** The inverse of {@link packMistake}; undefined for a message that the schema library made. */
export function unpackMistake(text: string): Mistake | undefined {
  const at = text.indexOf(border);
  return at < 0 ? undefined : { message: text.slice(0, at), fix: text.slice(at + border.length) };
}
