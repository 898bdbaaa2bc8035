import { Refusal } from '../../core/index.ts';

/** `JSON.parse` tells its reviver how a value was written; TypeScript's own declaration does not say so yet. */
type ParseWithSources = (
  text: string,
  reviver: (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown;
const parse = JSON.parse as ParseWithSources;

/**
 * Reads JSON without repairing it: bytes that are not UTF-8 are refused, not replaced, and so are numbers that would not
 * keep their digits. 9007199254740993 would reach the database as 9007199254740992, and nobody would notice.
 * @throws Refusal `request_invalid`
 */
export function parseJson(bytes: Buffer): unknown {
  let inexact: string | undefined;
  let value: unknown;
  try {
    value = parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), (_key, parsed, { source }) => {
      if (typeof parsed === 'number' && source !== undefined && !keepsDigits(source, parsed))
        inexact ??= source;
      return parsed;
    });
  } catch (cause) {
    throw new Refusal('request_invalid', { what: 'The body is not JSON in UTF-8.' }, cause);
  }
  if (inexact === undefined) return value;
  const shown = inexact.length > 40 ? `${inexact.slice(0, 40)}…` : inexact;
  throw new Refusal('request_invalid', {
    what: `The number ${shown} is more than a JSON number can hold exactly: write it as text, in quotes.`,
  });
}

/** The most digits that a program prints of a double, which not every program prints as short as possible. */
const digitsOfDouble = 17;
/** The largest double, written out, has 309 digits; looking for zeros in a far longer number would take long. */
const mostLength = 400;

function keepsDigits(source: string, value: number): boolean {
  if (!Number.isFinite(value) || source.length > mostLength) return false;
  const digits = significantDigits(source);
  if (/[.e]/i.test(source) && digits.length <= digitsOfDouble) return true;
  return digits === significantDigits(String(value));
}

/** The digits without zeros at either end; where the point stands cannot change. */
function significantDigits(spelling: string): string {
  const [mantissa = ''] = spelling.split(/e/i);
  return mantissa.replace(/[-.]/g, '').replace(/^0+|0+$/g, '');
}
