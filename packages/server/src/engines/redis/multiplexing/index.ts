/**
 * redis/multiplexing: one server connection under many clients.
 *
 * Owns: which commands may share ({@link sharingOf}), whose reply is whose ({@link SharedConnection}), and each client's
 * side ({@link Seat}), which leaves for a connection of its own while anything depends on one. Does not own: who may
 * share with whom and how many connections there may be (gateway), what a client may do (the relay in front).
 *
 *   relay ═▶ Seat ─┬─ commands that any connection answers alike ─▶ SharedConnection ═▶ server
 *   relay ═▶ Seat ─┤                                                 (FIFO of seats)
 *                  └─ everything else ─▶ a connection of its own ═▶ server
 *
 * What keeps replies apart: a server answers the commands of one connection in order, one reply each. So only commands
 * with exactly one reply are sent, only whole, and whatever has no place in that order ends the connection.
 */
export { RedisMultiplexer } from './multiplexer.ts';
