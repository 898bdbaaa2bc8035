/**
 * compose: makes one running whole of the layers. Everything else takes what it needs as arguments; here it is chosen.
 *
 * Owns: the registry of engines, the order in which parts start and stop, and what a reload may change. Does not own
 * any behaviour of a part.
 *
 *   Config ──▶ startGateway ──▶ foundations (store, vault, secrets) ──▶ audit ──▶ signing in, upstreams ──▶ oauth
 *          │                                       ──▶ live sessions ──▶ wire doors ──▶ HTTP door
 *          └─▶ openWorkspace ──▶ foundations ──▶ audit of the operator          for administrative commands
 */
export { openWorkspace } from './open-workspace.ts';
export type { Gateway, GatewayOptions } from './start-gateway.ts';
export { startGateway } from './start-gateway.ts';
