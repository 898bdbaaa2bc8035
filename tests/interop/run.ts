import { ensureSystemPrograms, testPrograms } from '../support/system-programs.ts';
import { dex } from './dex/dex-sign-in.ts';
import { keycloak } from './keycloak/keycloak-sign-in.ts';
import { lemonldapOpenId } from './lemonldap/lemonldap-openid.ts';
import { lemonldapSaml } from './lemonldap/lemonldap-saml.ts';
import { redshift } from './redshift/redshift-drivers.ts';
import { runSuites } from './run-suites.ts';

/**
 * `npm run test:interop [-- NAME …]`: drivers that neither npm nor Debian has, and providers that take long to get,
 * against the gateway. It brings what it can and says what it needs; when something is missing it fails: a check that did
 * not run proves nothing.
 */
await ensureSystemPrograms(testPrograms.filter(({ name }) => name === 'psql' || name === 'chromium'));
process.exitCode = await runSuites(
  [redshift, lemonldapOpenId, lemonldapSaml, dex, keycloak],
  process.argv.slice(2),
);
