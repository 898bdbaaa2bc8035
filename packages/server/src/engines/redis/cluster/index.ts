/**
 * redis/cluster: many nodes behind one connection.
 *
 * Owns: which node a command goes to ({@link routeOf}), what is known of who serves which slot ({@link SlotMap}), the
 * order of replies that come from several nodes ({@link ReplyOrder}), redirections ({@link Detours}), transactions and
 * channels, which are on one node. Does not own: what a client may do (the relay in front), logging in to a node
 * (connect), roles on the nodes.
 *
 *   relay ═▶ SeatSocket ═▶ ClusterRouter ─┬─ NodeLink ═▶ node 1     replies go back in the order of the commands,
 *                             │           ├─ NodeLink ═▶ node 2     MOVED, ASK and TRYAGAIN are followed and never shown
 *                          SlotMap        └─ …  dialled when first needed
 *
 * The router gets the commands from a {@link CommandIntake}, which stops before one that must wait, and decides about each
 * by its {@link Route}; what a route needs beside the one node has a file of its own: Transactions, Channels, LongCommand,
 * every-node, Sayings. They see the router as a {@link RoutedSession}.
 */
export { connectToCluster, isClusterNode, knownNodes } from './cluster-upstream.ts';
