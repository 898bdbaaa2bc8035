import { isPlainHost } from '../core/index.ts';

const loads = [
  `default-src 'none'`,
  `style-src 'self'`,
  `img-src 'self' data:`,
  `frame-ancestors 'none'`,
  `base-uri 'none'`,
] as const;

/** Headers of every response, also of those that the authorization server writes by itself. */
export function commonHeaders(issuer: URL): Readonly<Record<string, string>> {
  return {
    'content-security-policy': policy([]),
    // `no-referrer` would turn the Origin of our own forms into `null`.
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
    ...(issuer.protocol === 'https:' && { 'strict-transport-security': 'max-age=31536000' }),
  };
}

/** What a page adds: where its forms may lead, and our own script where it needs one. */
export function pageHeaders(
  formTargets: readonly string[],
  hasScript = false,
): Readonly<Record<string, string>> {
  const own = policy(formTargets);
  return { 'content-security-policy': hasScript ? `${own}; script-src 'self'` : own };
}

/**
 * What the authorization server's own endpoints need instead. Their forms end at addresses that a client registered
 * (`form_post`, sign-out), which the library checks before it shows them; the one script is the submit of
 * `form_post`, and the library adds its hash to an empty `script-src`.
 */
export const endpointHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': [`script-src`, ...loads].join('; '),
};

function policy(formTargets: readonly string[]): string {
  return [...loads, `form-action ${[`'self'`, ...formTargets].join(' ')}`].join('; ');
}

/**
 * The CSP sources that let a form's redirects end at an application's redirect URI, and nowhere else that the CSP
 * grammar can tell apart (CSP Level 3, section 2.3.1). It knows no IPv6 address, and a private scheme has no host:
 * both are named by their scheme alone. A host that would begin something else in the header gets none: the browser
 * then stops the form. Registration refuses such hosts, but a store may hold one from before.
 */
export function formTargetsOf(redirectUri: string | undefined): readonly string[] {
  if (redirectUri === undefined) return [];
  const { protocol, hostname, origin } = new URL(redirectUri);
  if (protocol !== 'https:' && protocol !== 'http:') return [protocol];
  if (!isPlainHost(hostname)) return [];
  return [hostname.startsWith('[') ? protocol : origin];
}
