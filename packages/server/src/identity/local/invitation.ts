import { Secret } from '../../core/index.ts';

/** Where an invitation leads, on the gateway's own origin. */
export const invitationPath = '/invitation';

/**
 * The address that an invited person opens: their user name and a first secret. What is typed at the sign-in page and
 * what the link carries is the same secret, so there is one hash, one life and one throttle for both.
 */
export function invitationLink(issuer: string, subject: string, secret: Secret): Secret {
  const link = new URL(invitationPath, issuer);
  link.search = new URLSearchParams({ user: subject, secret: secret.reveal() }).toString();
  return new Secret(link.href);
}
