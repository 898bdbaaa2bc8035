/**
 * Whether a request that changes something comes from a page of our own. Browsers send `Origin` with every POST; one
 * without it says by `Sec-Fetch-Site` where it is from, or is refused.
 */
export function isSameOrigin(request: Request, origin: string): boolean {
  const from = request.headers.get('origin');
  if (from !== null) return from === origin;
  return request.headers.get('sec-fetch-site') === 'same-origin';
}
