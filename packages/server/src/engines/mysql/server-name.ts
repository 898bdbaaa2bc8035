/**
 * What tells one server from others, as an expression that every login may ask for. Numbers of sessions mean something
 * on one server only. The nodes of a MariaDB cluster may share a `server_id`, and copied MySQL servers their UUID.
 */
export function serverName(isMariaDb: boolean): string {
  const uuid = isMariaDb ? '' : ', @@server_uuid';
  return `CONCAT_WS(' ', @@hostname, @@port, @@server_id${uuid})`;
}
