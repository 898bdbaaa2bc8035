/**
 * credentials: the sign-ins and tokens that this person keeps between two commands.
 *
 * Owns: one JSON file in the person's own configuration folder, its shape, its seal, its lock between processes.
 * Does not own: getting tokens (`database-token.ts`, `sign-in/`), protecting them from the person's own programs.
 *
 *   read ─▶ open ─▶ fresh? ─▶ use      change ─▶ lock ─▶ read ─▶ change ─▶ seal ─▶ temporary file 0600 ─▶ rename
 *            └──────── key ────────▶ key ring of the system ◀─────── key ───┘ (without one: in clear)
 */
export type { Credentials, SavedAccess, SavedLogin } from './credentials.ts';
export { accessKey } from './credentials.ts';
export { credentialsFile } from './credentials-file.ts';
