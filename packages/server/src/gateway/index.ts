/**
 * gateway: the one place that lets anybody in.
 *
 * Owns: the sequence of a session ({@link serveSession}), the listeners, the pool of upstream connections, the
 * registry of live sessions and their ending, cancel keys, limits before and after authentication.
 * Does not own: wire formats (engines), rules (policy), what a token is (oauth), how records are kept (audit).
 *
 *   listener ─▶ engine.accept ─▶ verify token ─▶ policy.decide ─▶ audit ─▶ credentials ─▶ pool / engine.connect ─▶ relay
 *   HTTP, MCP ─▶ openInProcess ───┘                                    revocations ─▶ registry ─▶ relay.stop
 */
export type { InProcessDoor } from './in-process-door.ts';
