import { type Html, html } from './html.ts';
import { layout, notice } from './layout.ts';
import { newPasswordFields } from './new-password-fields.ts';

interface PasswordPage {
  readonly formToken: string;
  readonly person: string;
  readonly error?: string;
}

/** Changes the password of somebody who is signed in and knows the old one. */
export function passwordPage({ formToken, person, error }: PasswordPage): Html {
  return layout({
    title: 'Change your password',
    width: 'narrow',
    main: html`<section class="card" aria-labelledby="title">
<h1 id="title">Change your password</h1>
<p class="lead">You are signed in as <strong>${person}</strong>. Everywhere else you will be signed out; applications that you let in keep their access.</p>
${error !== undefined && notice('error', error)}
<form class="form" method="post" action="/password">
<input type="hidden" name="form_token" value="${formToken}">
<label for="current_password">Current password</label>
<input class="field" id="current_password" name="current_password" type="password" autocomplete="current-password" required maxlength="1024" autofocus>
${newPasswordFields(person, 'elsewhere')}
<button class="button primary tall" type="submit">Change password</button>
</form>
<a class="button tall" href="/">Keep the old one</a>
</section>`,
  });
}
