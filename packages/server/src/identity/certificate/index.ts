/**
 * Client certificates: which ones count, and who they name.
 *
 * Owns: the authorities and their revocation lists, what of a certificate is read, the mapping to a principal.
 * Does not own: the TLS handshakes (engines, http), what a principal may do (policy), the end of sessions (gateway).
 *
 *   authorities, crl ─▶ ClientCertificates.tlsOptions ─▶ handshake ─▶ .read ─▶ ClientCertificate ─▶ principalOfCertificate
 *   a changed crl ────▶ ClientCertificates.onChange ─▶ live sessions are checked again with .stands
 */
export { ClientCertificates } from './client-certificates.ts';
export { principalOfCertificate } from './principal-of-certificate.ts';
