/**
 * oauth/testing: a real authorization server for tests, and people who go through its pages.
 *
 * Owns: {@link startTestBed} (server on a loopback port, SQLite store, vault and audit, all real; the pages are plain),
 * a browser that keeps cookies, and journeys from an authorization request to tokens. Not part of the gateway.
 *
 *   authorize · signInAndGetTokens ─▶ TestBrowser ─▶ TestBed ─▶ createAuthorizationServer
 */
export { bothBeforeEither } from './both-before-either.ts';
export * from './journey.ts';
export { rawRequest } from './raw-request.ts';
export { startTestBed, type TestBed } from './test-bed.ts';
export { TestBrowser, target } from './test-browser.ts';
export { acmeSecret, admin, database, testConfig, viewer } from './test-config.ts';
export { amongUnusedClients } from './unused-clients.ts';
