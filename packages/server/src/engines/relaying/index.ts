/**
 * relaying: what every relay does, whatever its protocol.
 *
 * Owns: carrying bytes both ways with backpressure, admission and one end ({@link MessageRelay}), the connection that
 * it carries them to ({@link WireUpstream}), walking over messages by their headers ({@link FrameScanner}), who still has to be answered
 * ({@link ExpectedReplies}), the texts that records show ({@link StatementText}), what names stand for
 * ({@link RecentNames}). Does not own: what any message means.
 *
 *   client ══▶ FrameScanner ─▶ ClientReader ─┐
 *                 MessageRelay               ├─▶ Exchange ─▶ StatementObserver
 *   server ◀══ FrameScanner ─▶ ServerReader ─┘
 */
export { ExpectedReplies } from './expected-replies.ts';
export type { FrameHandler, FrameLayout, MessageScanner } from './frame-scanner.ts';
export { FrameScanner } from './frame-scanner.ts';
export type {
  ClientReader,
  ClientSide,
  ClientVerdict,
  Exchange,
  ServerReader,
  ServerSide,
} from './message-relay.ts';
export { MessageRelay } from './message-relay.ts';
export { RecentNames } from './recent-names.ts';
export type { TextEncoding } from './statement-text.ts';
export { mostTextBytes, StatementText } from './statement-text.ts';
export { WireUpstream } from './wire-upstream.ts';
