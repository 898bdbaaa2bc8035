import pg from 'pg';
import { longNames, wideRedirect } from './place.ts';
import { goHome, pathOf, press, type Ways } from './walk.ts';

/** The home page with something on it, and the pages of those who make applications. */
export const atHome: Ways = {
  'Somebody sees what they let in and what is connected, and ends it': async (walk) => {
    const { page, gateway } = walk;
    const scope = 'db:authdb offline_access';
    const wide = { client_id: 'wide', redirect_uri: wideRedirect, scope };
    const { accessToken } = await gateway.tokens('admin', wide);
    await gateway.tokens('admin', { ...wide, scope: `db:${longNames.database}` });
    const connection = new pg.Client({
      host: '127.0.0.1',
      port: gateway.port,
      user: 'me',
      password: accessToken,
      database: 'authdb',
    });
    // The session is ended from the page.
    connection.on('error', () => {});
    await connection.connect();
    await goHome(walk, 'admin');
    // A session is on the page a moment after it began.
    const end = page.getByRole('button', { name: 'End the session on authdb as admin' });
    while ((await end.count()) === 0) await page.reload();
    await walk.look('home-page', 'an application and a session');
    await end.click();
    await page.getByText('The session is ending.').waitFor();
    await walk.look('home-page', 'a session ends');
    await connection.end();
  },

  'A developer registers an application, and an administrator approves it': async (walk) => {
    const { page } = walk;
    await goHome(walk, 'viewer');
    await page.getByRole('link', { name: 'Applications' }).click();
    await walk.look('developer-page', 'none yet');
    await page.getByRole('link', { name: 'Register an application' }).click();
    await walk.look('new-application-page', 'empty');
    await page.getByLabel('Name').fill(longNames.application);
    await page.getByLabel('Redirect URIs').fill('http://example.com/callback');
    await page.getByLabel('db:authdb', { exact: true }).check();
    await press(walk, 'Register');
    await page.getByRole('alert').waitFor();
    await walk.look('new-application-page', 'refused');
    await page.getByLabel('Redirect URIs').fill('http://127.0.0.1/callback');
    await press(walk, 'Register');
    await page.getByText('Client secret').waitFor();
    await walk.look('application-secret-page', 'new');
    const id = await page.locator('.snippet').first().innerText();
    // Something that went wrong for it.
    const wrong = { client_id: id, redirect_uri: 'https://elsewhere.example/callback', scope: 'db:authdb' };
    await page.goto(walk.gateway.request(wrong).url.href);
    await walk.look('oauth-pages', 'wrong redirect');
    await page.goto(pathOf(walk, `/developer/applications/${id}`));
    await walk.look('application-page', 'in test mode');
    await press(walk, 'Make a new secret');
    await walk.look('application-secret-page', 'rotated');
    await page.goto(pathOf(walk, '/developer'));
    await walk.look('developer-page', 'one of them');

    await page.context().clearCookies();
    await goHome(walk, 'admin');
    await page.getByRole('link', { name: 'Applications' }).click();
    await walk.look('developer-page', 'something waits');
    await page.getByRole('link', { name: longNames.application }).click();
    await press(walk, 'Approve');
    await walk.look('application-page', 'approved, as the administrator sees it');
  },
};
