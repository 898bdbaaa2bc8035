/**
 * endpoints: the four addresses of a "Connect" button, for any server that knows web requests.
 *
 * Owns: the browser's way out and back, the cookies that hold it together, and what a front end may ask for. Does not
 * own: tokens (`keeper/`), who signs in to *your* application (a browser is remembered by its cookie alone).
 *
 *   GET  /auth?database=D      ─▶ sealed cookie for half an hour ─▶ the gateway
 *   GET  /callback?…           ─▶ cookie gone ─▶ tokens kept ─▶ sealed cookie: who is connected ─▶ your page
 *   POST /token?database=D     ─▶ same origin? ─▶ { status, accessToken … }
 *   POST /disconnect?database=D ─▶ same origin? ─▶ consent ended, cookie gone
 */
export type { ConnectProblem, ProblemPage } from './answers.ts';
export { type ConnectEndpoints, createConnectEndpoints } from './connect-endpoints.ts';
export type { ConnectEndpointsOptions, ConnectedPerson } from './connect-site.ts';
export { isSameOrigin } from './same-origin.ts';
