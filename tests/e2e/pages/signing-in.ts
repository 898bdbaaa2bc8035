import { generateSync } from 'otplib';
import { longNames } from './place.ts';
import { expectHeading, goHome, pathOf, press, signIn, typeSignIn, type Walk, type Ways } from './walk.ts';

const ownPassword = 'plums in the icebox 42';

/** Sign-in, second factors, passwords and invitations. */
export const signingIn: Ways = {
  'Somebody opens the gateway and mistypes a password': async (walk) => {
    const { page } = walk;
    await page.goto(pathOf(walk, '/'));
    await walk.look('landing-page', 'nobody is signed in');
    await page.getByRole('link', { name: 'Sign in' }).click();
    await walk.look('sign-in-page', 'by itself');
    await typeSignIn(page, 'viewer@example.com', 'wrong');
    await walk.look('sign-in-page', 'after a wrong password');
    await signIn(walk, 'viewer');
    await press(walk, 'Sign out');
    await expectHeading(walk, /without a shared password/);
    await walk.look('landing-page', 'signed out');
  },

  'Somebody guesses until they have to wait': async (walk) => {
    await walk.page.goto(pathOf(walk, '/sign-in'));
    do await typeSignIn(walk.page, 'a-stranger@example.com', 'guessed');
    while (!(await walk.page.getByRole('alert').innerText()).includes('Too many attempts'));
    await walk.look('sign-in-page', 'throttled');
  },

  'Somebody of a provider signs out there as well': async (walk) => {
    const { page, provider } = walk;
    provider.person = { sub: 'u-1', name: 'Jane Example', groups: ['viewer'] };
    await page.goto(pathOf(walk, '/sign-in'));
    await page.getByRole('link', { name: 'Sign in with Example Corp' }).click();
    await expectHeading(walk, 'Your databases');
    // The browser goes on at once; an answer without content keeps it here.
    await page.route(`${provider.issuer}/**`, (route) => route.fulfill({ status: 204 }));
    await press(walk, 'Sign out');
    await expectHeading(walk, 'You are signed out here');
    await walk.look('sign-out-there-page', 'on the way to the provider');
  },

  'Somebody with a long name is invited, chooses a password and changes it': async (walk) => {
    const { page, gateway } = walk;
    const { stdout } = await gateway.operator('users', 'invite', longNames.person, '--group', 'editor');
    const link = stdout.trim();
    await page.goto(link);
    await walk.look('invitation-page', 'opened');
    await press(walk, 'Choose a password');
    await walk.look('first-password-page', 'empty');
    await typeNewPassword(walk, 'Save and continue', 'password1234');
    await page.getByRole('alert').waitFor();
    await walk.look('first-password-page', 'after a common password');
    await typeNewPassword(walk, 'Save and continue', ownPassword);
    await expectHeading(walk, 'Your databases');
    await walk.look('home-page', 'long names, nothing let in');
    await page.getByRole('link', { name: 'Change password' }).click();
    await walk.look('password-page', 'empty');
    await page.getByLabel('Current password').fill('wrong');
    await typeNewPassword(walk, 'Change password', `${ownPassword}!`);
    await page.getByRole('alert').waitFor();
    await walk.look('password-page', 'after a wrong password');
    await page.goto(link);
    await press(walk, 'Choose a password');
    await walk.look('invitation-page', 'used already');
  },

  'Somebody sets up an app, a passkey and recovery codes, and uses each': async (walk) => {
    const { page } = walk;
    await addAuthenticator(walk);
    await goHome(walk, 'editor');
    await page.getByRole('link', { name: 'Your sign-in' }).click();
    await walk.look('own-factors-page', 'none yet');
    await page.getByRole('link', { name: 'Set up an authenticator app' }).click();
    await walk.look('new-app-page', 'by itself');
    const key = (await page.locator('.key').innerText()).replaceAll(' ', '');
    await page.getByLabel(/six digits/).fill('000000');
    await press(walk, 'Turn it on');
    await walk.look('new-app-page', 'after a wrong code');
    await page.getByLabel(/six digits/).fill(generateSync({ secret: key }));
    await press(walk, 'Turn it on');
    await expectHeading(walk, 'Your sign-in');
    await walk.look('own-factors-page', 'one of them');
    await press(walk, 'Set up a passkey');
    await page.getByRole('button', { name: /Remove .*asskey/ }).waitFor();
    await press(walk, 'Get new recovery codes');
    await walk.look('own-factors-page', 'recovery codes');
    const code = await page.locator('.codes code').first().innerText();
    await page.getByRole('link', { name: 'I have kept them' }).click();
    await walk.look('own-factors-page', 'all of them');
    await page.goto(pathOf(walk, '/'));
    await press(walk, 'Sign out');
    await page.goto(pathOf(walk, '/sign-in'));
    await walk.look('sign-in-page', 'with a passkey');
    await signIn(walk, 'editor');
    await walk.look('factor-page', 'app or passkey');
    await page.getByLabel('Code').fill('000000');
    await press(walk, 'Continue');
    await walk.look('factor-page', 'after a wrong code');
    await page.getByLabel('Code').fill(code);
    await press(walk, 'Continue');
    await expectHeading(walk, 'Your databases');
  },

  'Somebody with a passkey alone is asked for that': async (walk) => {
    const { page } = walk;
    await addAuthenticator(walk);
    await goHome(walk, 'admin');
    await page.getByRole('link', { name: 'Your sign-in' }).click();
    await press(walk, 'Set up a passkey');
    await page.getByRole('button', { name: /Remove/ }).waitFor();
    await page.goto(pathOf(walk, '/'));
    await press(walk, 'Sign out');
    await page.goto(pathOf(walk, '/sign-in'));
    await signIn(walk, 'admin');
    await walk.look('factor-page', 'passkey alone');
    await press(walk, 'Use a passkey');
    await expectHeading(walk, 'Your databases');
    // The next way begins without it.
    await page.goto(pathOf(walk, '/factors'));
    await page.getByRole('button', { name: /Remove/ }).click();
    await page.getByText('It is removed').waitFor();
    await walk.look('own-factors-page', 'removed');
  },
};

async function typeNewPassword({ page }: Walk, button: string, password: string): Promise<void> {
  await page.getByLabel('New password', { exact: true }).fill(password);
  await page.getByLabel('New password, once more').fill(password);
  await page.getByRole('button', { name: button }).click();
}

/** Gives the browser an authenticator that checks its user, as a telephone does. */
async function addAuthenticator({ page }: Walk): Promise<void> {
  const devTools = await page.context().newCDPSession(page);
  await devTools.send('WebAuthn.enable');
  await devTools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}
