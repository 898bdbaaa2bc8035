import { equal } from 'node:assert/strict';
import { freePort } from '../../../packages/server/src/demo/free-port.ts';
import { startChromium } from '../../support/chromium.ts';
import { startExampleGateway } from '../example.ts';
import { checkOf, type InteropSuite, type StartedChecks } from '../interop.ts';
import { visitor, type WayIn } from '../visitor.ts';
import { dexProgram, startDex } from './dex.ts';

/** Dex with the people of `examples/dex`, in a real browser, and a gateway with the methods and roles of that example. */
export const dex: InteropSuite = { name: 'dex', needs: [dexProgram], start };

async function start(): Promise<StartedChecks> {
  await using started = new AsyncDisposableStack();
  const issuer = `http://127.0.0.1:${await freePort()}`;
  const provider = await startDex(issuer);
  started.defer(() => provider.stop());
  const addresses = { 'http://127.0.0.1:5556/dex': provider.issuer };
  const env = { DEX_SECRET: provider.clientSecret };
  const gateway = await startExampleGateway('dex/grantway.yaml', addresses, { issuer, env });
  started.defer(() => gateway.stop());
  const browser = await startChromium();
  started.defer(() => browser.close());

  const check = checkOf(dexProgram, { gateway: gateway.log, provider: provider.log });
  const reaches = (name: string, login: string) =>
    check(`its ${name} reaches PostgreSQL as ${login}`, async () => {
      const somebody = await visitor(browser, gateway, as(name));
      equal(await somebody.sessionUser('db:authdb'), login);
      await somebody.leave();
    });
  const running = started.move();
  return {
    checks: [
      reaches('admin', 'gw_admin'),
      reaches('editor', 'gw_readwrite'),
      reaches('viewer', 'gw_readonly'),
    ],
    stop: () => running.disposeAsync(),
  };
}

function as(name: string): WayIn {
  return {
    label: 'Dex',
    asks: '#login',
    there: async (page) => {
      await page.locator('#login').fill(`${name}@example.com`);
      await page.locator('#password').fill('password');
      await page.locator('#submit-login').click();
    },
  };
}
