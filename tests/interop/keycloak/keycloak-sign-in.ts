import { freePort } from '../../../packages/server/src/demo/free-port.ts';
import { startChromium } from '../../support/chromium.ts';
import type { InteropSuite, StartedChecks } from '../interop.ts';
import { keycloakPrograms, startKeycloak } from './keycloak.ts';
import { openIdChecks } from './openid-checks.ts';
import { samlChecks } from './saml-checks.ts';

/** Keycloak with the realm of `examples/keycloak`. It takes long to start, so there is one for everything. */
export const keycloak: InteropSuite = { name: 'keycloak', needs: [keycloakPrograms], start };

async function start(): Promise<StartedChecks> {
  await using started = new AsyncDisposableStack();
  const issuer = `http://127.0.0.1:${await freePort()}`;
  const provider = await startKeycloak(issuer);
  started.defer(() => provider.stop());
  const browser = await startChromium();
  started.defer(() => browser.close());
  const checks = [
    ...(await openIdChecks(provider, issuer, browser, started)),
    ...(await samlChecks(provider, browser, started)),
  ];
  const running = started.move();
  return { checks, stop: () => running.disposeAsync() };
}
