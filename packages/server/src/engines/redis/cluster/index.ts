/**
 * redis/cluster: many nodes behind one connection.
 *
 * Owns: which node a command goes to ({@link routeOf}), what is known of who serves which slot ({@link SlotMap}), the
 * order of replies that come from several nodes, redirections ({@link ClusterRouter}). Does not own: what a client may do
 * (the relay in front), logging in to a node (connect), roles on the nodes.
 *
 *   relay ═▶ SeatSocket ═▶ ClusterRouter ─┬─ NodeLink ═▶ node 1     replies go back in the order of the commands,
 *                             │           ├─ NodeLink ═▶ node 2     MOVED and ASK are followed and never shown
 *                          SlotMap        └─ …  dialled when first needed
 */
export { type ClusterLogin, connectToCluster, isClusterNode, knownNodes } from './cluster-upstream.ts';
