import type { Configuration } from 'oidc-provider';
import type { CertificateField } from '../core/index.ts';
import type { AuthorizationServerParts } from './parts.ts';

/** The metadata by which a client's certificate is known (RFC 8705, section 2.1.2), and where a certificate has that. */
const names = new Map<string, CertificateField>([
  ['tls_client_auth_san_dns', 'dns'],
  ['tls_client_auth_san_email', 'email'],
  ['tls_client_auth_san_uri', 'uri'],
]);

/**
 * Clients that show a certificate, and tokens that are bound to it (RFC 8705). It is what the TLS handshake of this very
 * connection proved, and never a header: anybody could write one.
 */
export function clientCertificateFeatures({
  config,
  certificateOf = () => undefined,
}: Pick<AuthorizationServerParts, 'config' | 'certificateOf'>): Pick<Configuration, 'clientAuthMethods'> & {
  readonly mTLS: NonNullable<NonNullable<Configuration['features']>['mTLS']>;
} {
  const withSecret = ['none', 'client_secret_basic', 'client_secret_post'] as const;
  if (!config().signIn.some(({ kind }) => kind === 'certificate'))
    return { clientAuthMethods: [...withSecret], mTLS: { enabled: false } };
  return {
    clientAuthMethods: [...withSecret, 'tls_client_auth', 'self_signed_tls_client_auth'],
    mTLS: {
      enabled: true,
      certificateBoundAccessTokens: true,
      tlsClientAuth: true,
      selfSignedTlsClientAuth: true,
      getCertificate: ({ req }) => certificateOf(req)?.pem,
      certificateAuthorized: ({ req }) => certificateOf(req)?.trusted === true,
      certificateSubjectMatches: ({ req }, property, expected) => {
        const field = names.get(property);
        return field !== undefined && certificateOf(req)?.fields.get(field)?.includes(expected) === true;
      },
    },
  };
}
