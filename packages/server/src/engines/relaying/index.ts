/**
 * relaying: what every relay does, whatever its protocol.
 *
 * Owns: walking over messages by their headers ({@link FrameScanner}), who still has to be answered
 * ({@link ExpectedReplies}), the texts that records show ({@link StatementText}), what names stand for
 * ({@link RecentNames}). Does not own: what any message means.
 */
export { ExpectedReplies } from './expected-replies.ts';
export type { FrameHandler, FrameLayout } from './frame-scanner.ts';
export { FrameScanner } from './frame-scanner.ts';
export { RecentNames } from './recent-names.ts';
export type { TextEncoding } from './statement-text.ts';
export { mostTextBytes, StatementText } from './statement-text.ts';
