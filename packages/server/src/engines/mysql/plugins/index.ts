/**
 * engines/mysql/plugins: what a client answers to an authentication plugin of a MySQL or MariaDB server.
 *
 * Owns: the arithmetic of each plugin, as pure functions of password and nonce. Does not own: the packets around it
 * and which plugin may be answered at all (../authenticate.ts).
 *
 *   mysql_native_password ─ nativeProof      caching_sha2_password ─ sha2Proof, sealPassword
 *   client_ed25519 ─ ed25519Signature        sha256_password ─ sealPassword        parsec ─ parsecAnswer
 */
export { ed25519PublicKey, ed25519Signature } from './ed25519.ts';
export { nativeProof } from './native-password.ts';
export { parsecAnswer, parsecKey } from './parsec.ts';
export { sealPassword } from './seal-password.ts';
export { sha2Proof } from './sha2-proof.ts';
export { xorRepeating } from './xor.ts';
