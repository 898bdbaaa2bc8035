import type { Interaction } from '../../oauth/index.ts';
import { type Html, html } from './html.ts';
import { layout, notice } from './layout.ts';
import { newPasswordFields } from './new-password-fields.ts';

interface FirstPasswordPage {
  readonly action: string;
  readonly formToken: string;
  readonly person: string;
  /** The application that waits; absent when somebody just opens the gateway. */
  readonly client?: Interaction['client'];
  readonly error?: string;
}

/** Asks somebody who came with a first secret for a password of their own, before anything else. */
export function firstPasswordPage({ action, formToken, person, client, error }: FirstPasswordPage): Html {
  return layout({
    title: 'Choose your own password',
    width: 'narrow',
    main: html`<section class="card" aria-labelledby="title">
<h1 id="title">Choose your own password</h1>
<p class="lead">You came as <strong>${person}</strong> with a secret that somebody made for you. It ends here: from now on only your own password lets you in.</p>
${error !== undefined && notice('error', error)}
<form class="form" method="post" action="${action}">
<input type="hidden" name="form_token" value="${formToken}">
${newPasswordFields(person, 'here')}
<button class="button primary tall" type="submit">Save and continue</button>
</form>
</section>
${client && html`<p class="foot">Then you go on to <strong>${client.name}</strong>.</p>`}`,
  });
}
