import { z } from 'zod';
import { packMistake } from './mistake.ts';

/** What editors and the reference show for a key. */
type Documented = {
  readonly description: string;
  readonly examples?: readonly string[];
  /** What editors compare the text with, where an expression can tell; it may let more through than `read`. */
  readonly pattern?: string;
};

/** The result of reading a text: the value, or a packed mistake. */
type Reading<T> = { readonly value: T } | { readonly mistake: string };

/** A mistake of {@link text}: what is wrong, and what to write instead. */
export function wrong(message: string, fix: string): { readonly mistake: string } {
  return { mistake: packMistake(message, fix) };
}

/**
 * A key that is written as text and means `T`. `notText` replaces the sentence for a value that is no text at all, but not
 * the one for a key that is missing or empty.
 */
export function text<T>(documented: Documented, read: (text: string) => Reading<T>, notText?: string) {
  return (
    z
      .string(
        notText === undefined ? undefined : { error: ({ input }) => (input == null ? undefined : notText) },
      )
      // Before the transform: what describes the text would be dropped from the schema of the value.
      .meta(documented)
      .transform((given, context) => {
        const reading = read(given);
        if ('value' in reading) return reading.value;
        context.issues.push({ code: 'custom', message: reading.mistake, input: given });
        return z.NEVER;
      })
  );
}
