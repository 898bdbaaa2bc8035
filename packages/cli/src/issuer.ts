import type { Credentials } from './credentials/index.ts';
import { Failure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** Which gateway a command means: `--issuer`, else `GRANTWAY_CLI_ISSUER`, else the latest sign-in. */
export function chooseIssuer(terminal: Terminal, given: string | undefined, saved: Credentials): string {
  const issuer = given ?? terminal.env.GRANTWAY_CLI_ISSUER ?? saved.current;
  if (issuer === undefined) throw new Failure('Sign in first: grantway login https://your-gateway.example');
  return issuer;
}
