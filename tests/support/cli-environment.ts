import { compiledCode } from './compiled-code.ts';

/**
 * What `grantway` sees on a computer of its own, with nothing of the one that runs the tests: there is no key ring, and
 * theirs is never touched.
 */
export function cliEnvironment(home: string, issuer: string): NodeJS.ProcessEnv {
  return {
    ...compiledCode,
    PATH: process.env.PATH,
    HOME: home,
    GRANTWAY_CLI_ISSUER: issuer,
    GRANTWAY_CLI_KEY_RING: 'off',
  };
}
