/**
 * http: the door that a browser and a program reach over HTTP.
 *
 * Owns: the fastify instance with its limits and headers, the pages (sign-in, consent, device, home, errors), the
 * forms and their protection against other sites, the mapping of refusals to responses, `/healthz`, `api/` (the query
 * API), and `scim/` (provisioning). Does not own: OAuth itself (it hands `/oauth/*` over), who somebody is (identity),
 * rights (policy).
 *
 *   request ─▶ host check ─▶ headers ─┬▶ /oauth, /.well-known, /device ─▶ authorizationServer.handle
 *                                     ├▶ /sign-in, /consent        ─▶ flows/ ─▶ authorizationServer.finish…
 *                                     ├▶ /sign-in/with, /callback  ─▶ a provider and back ─▶ /sign-in/…/continue
 *                                     ├▶ /password                 ─▶ flows/ ─▶ a new browser session, the only one
 *                                     ├▶ /                         ─▶ what I can reach, whom I let in, live sessions
 *                                     ├▶ plugins (/api/v1, /scim/v2)
 *                                     └▶ /healthz, /assets/*
 *   every form of the pages ─▶ answer-once ─▶ sent a moment ago? that answer : the route
 *   anything thrown ─▶ problem.ts ─▶ error page | problem+json
 */
export type { HealthReport } from './health-route.ts';
export type { HttpTls } from './http-listener.ts';
export { createHttpServer } from './http-server.ts';
export type { LiveSessionControl } from './live-session-control.ts';
export { storedSessionControl } from './live-session-control.ts';
export { oauthPages } from './pages/oauth-pages.ts';
export { problemOf } from './problem.ts';
export { callbackUri, metadataUri, signOutUri } from './routes/provider-routes.ts';
