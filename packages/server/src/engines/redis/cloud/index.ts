/**
 * redis/cloud: passwords that a cloud issues for a while, for a Redis or Valkey that it runs.
 *
 * Owns: getting them ({@link requestToken}), keeping one until shortly before it ends ({@link CloudLogins}), signing
 * live connections in again ({@link keepSignedIn}). Does not own: signatures and identities, which are the clouds' own
 * libraries'; connecting (the engine); who may be which role (policy).
 *
 *   permit ─▶ CloudLogins ─▶ requestToken ─▶ ElastiCache · MemoryDB · Memorystore · Azure
 *                │ kept, one request at a time
 *                └─ renewal ─▶ keepSignedIn ─▶ AUTH between two commands of a live connection
 */
export { CloudLogins } from './cloud-logins.ts';
export { keepSignedIn } from './keep-signed-in.ts';
