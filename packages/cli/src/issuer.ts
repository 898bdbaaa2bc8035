import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { Credentials } from './credentials/index.ts';
import { Failure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** As {@link knownIssuer}. @throws Failure that says how to sign in */
export function chooseIssuer(terminal: Terminal, given: string | undefined, saved: Credentials): string {
  const issuer = knownIssuer(terminal, given, saved);
  if (issuer === undefined) throw new Failure('Sign in first: grantway login https://your-gateway.example');
  return issuer;
}

/**
 * Which gateway a command means: `--issuer`, else `GRANTWAY_CLI_ISSUER`, else the latest sign-in; undefined without any
 * of them. From here on its certificate may come from whoever the system trusts, too, as browsers have it: an authority
 * of one's own company is there, and not among those that Node.js brings. Reading them takes a tenth of a second.
 */
export function knownIssuer(
  terminal: Terminal,
  given: string | undefined,
  saved: Credentials,
): string | undefined {
  const issuer = given ?? terminal.env.GRANTWAY_CLI_ISSUER ?? saved.current;
  if (issuer?.startsWith('https:'))
    setDefaultCACertificates([...getCACertificates('default'), ...getCACertificates('system')]);
  return issuer;
}
