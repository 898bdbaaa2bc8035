/**
 * Whether a request that changes something comes from a page of our own. Browsers send `Origin` with every POST; where
 * it is absent, or `null` because the page has the policy `no-referrer`, `Sec-Fetch-Site` tells, which no page can set.
 */
export function isSameOrigin(request: Request, origin: string): boolean {
  const from = request.headers.get('origin');
  if (from !== null && from !== 'null') return from === origin;
  return request.headers.get('sec-fetch-site') === 'same-origin';
}
