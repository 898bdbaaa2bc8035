import { expectHeading, goHome, pathOf, press, type Ways } from './walk.ts';

/** What goes wrong, and every address that shows nothing. */
export const goingWrong: Ways = {
  'An application asks in a way that cannot be answered': async (walk) => {
    const { page, gateway } = walk;
    await page.goto(gateway.request({ client_id: 'nobody-knows-it' }).url.href);
    await walk.look('oauth-pages', 'unknown application');
    await page.goto(pathOf(walk, '/oauth/device/nothing'));
    await walk.look('error-page', 'no such page of the authorization server');
  },

  'Somebody comes back to a request that has expired': async (walk) => {
    const { page, gateway } = walk;
    await page.goto(gateway.request().url.href);
    await page.context().clearCookies();
    await page.reload();
    await walk.look('error-page', 'expired request');
  },

  'Somebody sends a form of yesterday, or opens what is not there': async (walk) => {
    const { page } = walk;
    await page.goto(pathOf(walk, '/nothing-of-that-name'));
    await walk.look('error-page', 'nothing there');
    await goHome(walk, 'viewer');
    await page.context().clearCookies();
    await press(walk, 'Sign out everywhere');
    await walk.look('error-page', 'another tab');
    await page.goto(pathOf(walk, '/').replace('localhost', '127.0.0.1'));
    await expectHeading(walk, /./);
  },

  'Somebody comes to a provider that is down': async (walk) => {
    const { page } = walk;
    await page.goto(pathOf(walk, '/sign-in'));
    await page.getByRole('link', { name: 'Sign in with Example Labs' }).click();
    await page.getByRole('alert').waitFor();
    await walk.look('sign-in-page', 'the provider is down');
  },
};
