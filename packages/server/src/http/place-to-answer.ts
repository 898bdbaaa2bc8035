import type { IncomingMessage } from 'node:http';
import { Refusal } from '../core/index.ts';
import { addressed } from '../oauth/index.ts';

/**
 * Where a request goes on by the host that it names: here, or at the issuer's own address, where the browser's
 * cookies are. A foreign host is refused: it is DNS rebinding, or a proxy that was set up wrongly. So are two Host
 * lines, since somebody in front may have read the other one (RFC 9112 section 3.2).
 * @throws Refusal `wrong_host`, `request_invalid`
 */
export function placeToAnswer(request: IncomingMessage, issuer: URL): { readonly redirect?: string } {
  const lines = request.rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'host');
  if (lines.length > 1)
    throw new Refusal('request_invalid', { what: 'The request names its host more than once.' });
  const { outcome } = addressed(request, issuer);
  if (outcome === 'foreign') throw new Refusal('wrong_host', { issuer: issuer.origin });
  // A program would lose its Authorization header on the way, and needs no cookie.
  const isBrowsing = request.method === 'GET' && !request.url?.startsWith('/api/');
  return outcome === 'alias' && isBrowsing ? { redirect: issuer.origin + request.url } : {};
}
