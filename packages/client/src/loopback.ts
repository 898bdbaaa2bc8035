/**
 * Whether a host is this machine: the only place where `http:` is acceptable (RFC 8252, 8.3). As a URL writes it, or as
 * a token answer does, where an IPv6 address has no brackets.
 */
export function isLoopbackHost(host: string): boolean {
  return ['localhost', '[::1]', '::1'].includes(host) || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
