/**
 * bench/bare-relay: what Node.js itself can do on the way between a client and a server.
 *
 * Owns: a process with our sockets, our reads and our writes that never looks at a byte. The distance from it to the
 * proxy in C is the price of Node.js; the distance from us to it is the price of what we do with a message.
 *
 *   client ─▶ relay.ts ─▶ server
 */
export { type BareRelay, startBareRelay } from './start-bare-relay.ts';
