import { wideRedirect } from './place.ts';
import { expectHeading, goHome, pathOf, press, signIn, type Ways } from './walk.ts';

/** An application asks, by the browser or by a device. */
export const lettingIn: Ways = {
  'Somebody lets an application read one database': async (walk) => {
    const { page, gateway } = walk;
    await page.goto(gateway.request().url.href);
    await walk.look('sign-in-page', 'for an application');
    await signIn(walk, 'viewer');
    await walk.look('consent-page', 'one database');
    await press(walk, 'Deny');
  },

  'An application with a long name asks for several databases': async (walk) => {
    const { page, gateway } = walk;
    const asked = {
      client_id: 'wide',
      redirect_uri: wideRedirect,
      scope: `db:authdb db:customer-orders-of-the-northern-region openid profile groups offline_access`,
      prompt: 'consent',
    };
    await page.goto(gateway.request(asked).url.href);
    await signIn(walk, 'admin');
    await walk.look('consent-page', 'several databases, long names');
    await page.context().clearCookies();
    await page.goto(gateway.request(asked).url.href);
    await signIn(walk, 'viewer');
    await walk.look('consent-page', 'one of two refused');
  },

  'An application asks somebody for a role that nobody gave them': async (walk) => {
    const { page, gateway } = walk;
    await page.goto(
      gateway.request({
        client_id: 'wide',
        redirect_uri: wideRedirect,
        scope: 'db:customer-orders-of-the-northern-region',
      }).url.href,
    );
    await signIn(walk, 'viewer');
    await walk.look('consent-page', 'nothing to allow');
  },

  'A role asks for a second factor that somebody does not have yet': async (walk) => {
    const { page, gateway } = walk;
    await page.goto(gateway.request({ scope: 'db:payroll' }).url.href);
    await signIn(walk, 'viewer');
    await expectHeading(walk, 'Set up a second factor');
    await walk.look('new-app-page', 'demanded by a role');
  },

  'A program without a browser shows a code': async (walk) => {
    const { page, gateway } = walk;
    await goHome(walk, 'viewer');
    await page.goto(pathOf(walk, '/device'));
    await walk.look('oauth-pages', 'device code');
    await page.getByLabel('Code').fill('WRNG-CODE');
    await press(walk, 'Continue');
    await walk.look('oauth-pages', 'wrong device code');
    const { body } = await gateway.post('device', { client_id: 'psql', scope: 'db:authdb' });
    await page.goto(String(body.verification_uri_complete));
    await press(walk, 'Continue');
    await expectHeading(walk, 'Is this your program?');
    await walk.look('oauth-pages', 'device to confirm');
    await press(walk, 'Yes, continue');
    await walk.look('consent-page', 'for a device');
    await press(walk, 'Allow');
    await expectHeading(walk, 'You are connected');
    await walk.look('oauth-pages', 'device connected');
  },

  'An application asks to sign somebody out': async (walk) => {
    await goHome(walk, 'viewer');
    await walk.page.goto(pathOf(walk, '/oauth/end-session'));
    await walk.look('oauth-pages', 'sign out?');
    await press(walk, 'Sign out');
    await walk.look('oauth-pages', 'signed out');
    await walk.page.goto(pathOf(walk, '/oauth/end-session'));
    await expectHeading(walk, 'You are signed out');
    await walk.look('oauth-pages', 'nobody to sign out');
  },
};
