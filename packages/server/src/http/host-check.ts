import type { IncomingMessage } from 'node:http';
import { Refusal } from '../core/index.ts';

/**
 * Refuses a request for any host but the issuer's. The authorization server's library builds endpoint URLs from this
 * header, so a foreign one would put a stranger's address into discovery; it also ends DNS rebinding on loopback.
 * Two Host lines are refused as well: somebody in front may have read the other one (RFC 9112 section 3.2).
 */
export function refuseOtherHosts(request: IncomingMessage, issuer: URL): void {
  const lines = request.rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'host');
  if (lines.length > 1)
    throw new Refusal('request_invalid', { what: 'The request names its host more than once.' });
  const host = request.headers.host?.toLowerCase();
  const defaultPort = issuer.protocol === 'https:' ? ':443' : ':80';
  const known = host === issuer.host || (issuer.port === '' && host === `${issuer.host}${defaultPort}`);
  if (!known) throw new Refusal('wrong_host', { issuer: issuer.origin });
}
