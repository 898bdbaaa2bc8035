/**
 * engines/redshift/data-api: a warehouse that cannot be reached over the network, through Amazon's HTTP interface.
 *
 * Owns: a stand-in for the server's side of the protocol ({@link DataApiServer}), just enough of it for the driver of
 * our HTTP API, that runs each statement by the Data API: execute, poll, page, cancel. So the session, its policy, its
 * records, its end and its limits are the very ones of every other database, and nobody gets in by another way.
 * Does not own: connections of clients on the wire. A statement here is a transaction of its own and nothing of a
 * session is kept, which no client on the wire would believe; the gateway lets the HTTP door only in here.
 *
 *   gateway: session ─▶ connect ─▶ openDataApi ─▶ Wire ◀══ in memory ══▶ DataApiServer ─▶ runStatement ─▶ AWS
 *                                                                          bindParameters, resultValues, exactIntegers
 */
export { openDataApi } from './open-data-api.ts';
