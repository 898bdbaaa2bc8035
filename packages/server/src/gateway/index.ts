/**
 * gateway: the one place that lets anybody in.
 *
 * Owns: the sequence of a session ({@link serveSession}), the listeners, the pool of upstream connections, the
 * registry of live sessions and their ending, cancel keys, limits before and after authentication.
 * Does not own: wire formats (engines), rules (policy), what a token is (oauth), how records are kept (audit).
 *
 *   listener ─▶ engine.accept ─▶ verify token ─▶ policy.decide ─▶ pool / engine.connect ─▶ audit ─▶ relay
 *   HTTP API ─▶ in-process door ─┘                                     revocations ─▶ registry ─▶ relay.stop
 */
export { DescriptorWatch } from './descriptor-watch.ts';
export { FarSessions } from './far-sessions.ts';
export type { InProcessDoor } from './in-process-door.ts';
export { inProcessDoor } from './in-process-door.ts';
export type { DoorCertificates, Listener } from './listener.ts';
export { listen } from './listener.ts';
export { LivePeopleFollower } from './live-people-follower.ts';
export type { Log } from './log.ts';
export { operatorLog } from './log.ts';
export { UpstreamPool } from './pool.ts';
export { RevocationFollower } from './revocation-follower.ts';
export { serveSession } from './session.ts';
export type { SessionDemand } from './session-demand.ts';
export { SessionPublisher } from './session-publisher.ts';
export { SessionRegistry } from './session-registry.ts';
export type { SessionServices } from './session-services.ts';
export { stillPermitted } from './still-permitted.ts';
export type { TlsIdentity } from './tls-identity.ts';
export { loadTlsIdentity } from './tls-identity.ts';
