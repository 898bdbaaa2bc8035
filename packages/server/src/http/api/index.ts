/**
 * http/api: what programs reach under `/api/v1` with an access token.
 *
 * Owns: the query endpoint (one statement or command a call, over the in-process door, so it is the same session as on the
 * wire), `me`, the administrator's reload, and how rows become JSON, NDJSON and CSV.
 * Does not own: who may do what (the session asks policy), SQL (the engine's query driver), error documents
 * (`http/problem.ts`).
 *
 *   Bearer ─▶ body ─▶ in-process door + query driver ─▶ rows ─┬▶ JSON, up to the limit
 *                              ▲                              ├▶ NDJSON ┐ streamed; a slow reader
 *   client gone ─▶ close ──────┘                              └▶ CSV    ┘ holds the database back
 */
export { type QueryApiOptions, queryApi } from './query-api.ts';
export type { ReloadOutcome } from './reload-route.ts';
