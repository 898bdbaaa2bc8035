/**
 * What a variation of PostgreSQL is built of: the handshake with its open places ({@link createPostgresEngine},
 * {@link LoginProof}, {@link TokenRequest}), and the messages of the protocol for what a variation says in its own way.
 * All else of this folder is the same for every variation and no business of theirs; managed roles have their own index.
 */
export type { StartupRules } from './client-settings.ts';
export { logIn, openServer } from './connect.ts';
export { createPostgresEngine } from './create-postgres-engine.ts';
export { driverSocket } from './driver-socket.ts';
export { authenticationOk, cStrings, int32, message, parameterStatus, readyForQuery } from './messages.ts';
export { type PasswordMethod, passwordMethods } from './password-methods.ts';
export { fromClient, fromServer } from './protocol.ts';
export { passwordRequest, type TokenRequest } from './token-request.ts';
export type { PostgresUpstream } from './upstream.ts';
export type { LoginProof } from './variation.ts';
