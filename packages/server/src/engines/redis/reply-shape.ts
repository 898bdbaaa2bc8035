import { respType } from './protocol.ts';

/** How the bytes of a reply are laid out. */
type ReplyShape = 'line' | 'bulk' | 'aggregate' | 'pairs' | 'unknown';

/** The layout that the type byte of a reply announces (RESP 2 and 3). */
export function replyShape(type: number): ReplyShape {
  switch (type) {
    case respType.bulk:
    case respType.bulkError:
    case respType.verbatim:
      return 'bulk';
    case respType.simple:
    case respType.error:
    case respType.integer:
    case respType.null:
    case respType.boolean:
    case respType.double:
    case respType.bigNumber:
      return 'line';
    case respType.array:
    case respType.set:
    case respType.push:
      return 'aggregate';
    case respType.map:
    case respType.attribute:
      return 'pairs';
    default:
      return 'unknown';
  }
}
