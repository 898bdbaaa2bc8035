import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { type Browser, chromium } from 'playwright-core';

const executablePath = process.env.GRANTWAY_TEST_CHROMIUM ?? '/usr/bin/chromium';

/**
 * Starts a headless Chromium that talks to nobody but the pages under test. Close it with `browser.close()`.
 * `GRANTWAY_TEST_CHROMIUM` names another executable than Debian's.
 */
export async function startChromium(): Promise<Browser> {
  try {
    await access(executablePath, constants.X_OK);
  } catch (cause) {
    throw new Error(`${executablePath} is missing. Run: apt-get install --yes chromium`, { cause });
  }
  return await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
