import { headerNumber } from './command.ts';
import { lineFeed, respType } from './protocol.ts';

/** The text of a reply that is an error. */
export function parseError(reply: Buffer): string | undefined {
  return reply[0] === respType.error ? reply.toString('latin1', 1, reply.length - 2) : undefined;
}

/**
 * The first texts and numbers of a whole map, or of an array that stands for one (RESP2), up to the first value that
 * is an aggregate itself. Undefined for anything else.
 */
export function parseFields(reply: Buffer): ReadonlyMap<string, string> | undefined {
  if (reply[0] !== respType.map && reply[0] !== respType.array) return undefined;
  const fields = new Map<string, string>();
  let name: string | undefined;
  for (let at = reply.indexOf(lineFeed) + 1; at > 0 && at < reply.length; ) {
    const lineEnd = reply.indexOf(lineFeed, at);
    if (lineEnd === -1) return undefined;
    const type = reply[at];
    let value: string;
    if (type === respType.bulk) {
      const length = headerNumber(reply, at + 1, lineEnd);
      if (length === 'malformed' || length < 0) return undefined;
      value = reply.toString('utf8', lineEnd + 1, lineEnd + 1 + length);
      at = lineEnd + 1 + length + 2;
    } else if (type === respType.integer || type === respType.simple) {
      value = reply.toString('utf8', at + 1, lineEnd - 1);
      at = lineEnd + 1;
    } else return fields;
    if (name === undefined) name = value;
    else {
      fields.set(name, value);
      name = undefined;
    }
  }
  return fields;
}
