import { Refusal } from '../core/index.ts';
import type { SessionRegistry } from '../gateway/index.ts';
import type { HttpDoor } from './http-door.ts';
import type { CertificateSignIn } from './open-client-certificates.ts';

/** When a new revocation list is read, the doors ask by it, and the sessions end that stand on a certificate in it. */
export function followWithdrawnCertificates(
  certificates: CertificateSignIn | undefined,
  registry: SessionRegistry,
  http: Pick<HttpDoor, 'showCertificate'>,
): void {
  certificates?.trust.onChange(() => {
    http.showCertificate();
    const refusal = new Refusal('access_revoked', { reason: 'your certificate was revoked' });
    void registry.stopPermits(
      ({ certificate }) => certificate !== undefined && !certificates.trust.stands(certificate),
      refusal,
    );
  });
}
