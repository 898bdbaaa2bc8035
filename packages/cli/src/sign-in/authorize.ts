import { type AccessRequest, type Gateway, startDevice, type Tokens } from '@grantway/client';
import { say, type Terminal } from '../terminal.ts';
import { authorizeInBrowser } from './browser.ts';

/** How the person is reached: a browser that we open, one that they open themselves here, or one on another device. */
export type SignInMethod = 'browser' | 'printed-url' | 'device';

/** Asks the person to sign in and to agree, and waits for it. @throws GrantwayError, Failure when nobody came */
export async function authorize(
  terminal: Terminal,
  gateway: Gateway,
  access: AccessRequest,
  method: SignInMethod,
): Promise<Tokens> {
  if (method !== 'device') return authorizeInBrowser(terminal, gateway, access, method);
  const device = await startDevice(gateway, access);
  say(terminal, `Open ${device.verificationUri} on any device and enter the code ${device.userCode}`);
  if (device.verificationUriComplete !== undefined) {
    say(terminal, `or open ${device.verificationUriComplete}`);
  }
  return device.wait();
}
