import type { Config } from '../config/index.ts';
import { Refusal } from '../core/index.ts';
import { isLoopbackUri } from './client-metadata.ts';

/**
 * Holds what a client registers for itself against the hosts that the configuration allows. This machine's own
 * addresses are always allowed: nothing leaves it there.
 * @throws Refusal `request_invalid`
 */
export function assertRedirectHosts(
  { registration }: Pick<Config, 'registration'>,
  redirectUris: readonly string[],
): void {
  const { redirectHosts } = registration;
  if (redirectHosts === undefined) return;
  const beyond = redirectUris.find((uri) => !isLoopbackUri(uri) && !isAmong(redirectHosts, uri));
  if (beyond !== undefined)
    throw new Refusal('request_invalid', {
      what: `A redirect URI must lead to ${redirectHosts.join(', ')}, or to the person's own machine.`,
    });
}

/** `acme.example` is that host alone; `*.acme.example` is every host below it. */
function isAmong(hosts: readonly string[], uri: string): boolean {
  const hostname = URL.parse(uri)?.hostname ?? '';
  return hosts.some((host) =>
    host.startsWith('*.') ? hostname.endsWith(host.slice(1).toLowerCase()) : hostname === host.toLowerCase(),
  );
}
