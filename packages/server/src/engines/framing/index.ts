/**
 * framing: bytes in and out, below every protocol.
 *
 * Owns: reading exact byte counts during a handshake, the socket to a database ({@link Wire}) with its TLS, writing
 * in step with the event loop, closing with a last word, and saying why a connection did not come about. Does not own:
 * any message of any protocol.
 *
 *   accept: Duplex ──▶ boundUnread, readExactly, acceptTls     connect: openWire ──▶ Wire.read ──▶ Wire.listen (relay)
 *                   └▶ endWith
 */
export { acceptTls } from './accept-tls.ts';
export { boundUnread, endBoundUnread } from './bound-unread.ts';
export { endWith } from './end-with.ts';
export { failureInWords } from './failure-in-words.ts';
export { readIntoOneBuffer } from './one-read-buffer.ts';
export { openWire } from './open-wire.ts';
export { readExactly } from './read-exactly.ts';
export { ServerBrokeProtocol } from './server-broke-protocol.ts';
export { writeThisTurn } from './turn-writes.ts';
export { endedDuringLogin, upstreamTls } from './upstream-tls.ts';
export type { WireListener } from './wire.ts';
export { Wire } from './wire.ts';
