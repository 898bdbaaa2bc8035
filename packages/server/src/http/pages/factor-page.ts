import type { Interaction } from '../../oauth/index.ts';
import { type Html, html } from './html.ts';
import { layout, notice } from './layout.ts';
import { type PasskeyForm, passkeyForm } from './passkey-form.ts';

/** What the page of the second step shows. */
export interface FactorPage {
  readonly action: string;
  readonly formToken: string;
  readonly person: string;
  /** The application that waits; absent when somebody just opens the gateway. */
  readonly client?: Interaction['client'];
  readonly error?: string;
  /** For somebody who has one. */
  readonly passkey?: PasskeyForm;
  /** The person's own provider, where what it says of a factor counts as well. */
  readonly atProvider?: { readonly label: string; readonly href: string } | undefined;
}

/** Asks for the second factor, between the password and the session. `hasApp`: it can be the code of an app. */
export function factorPage(page: FactorPage & { readonly hasApp: boolean }): Html {
  const { action, formToken, person, client, error, passkey, hasApp, atProvider } = page;
  const divider = html`<p class="divider"><span>or</span></p>`;
  return layout({
    title: 'One more step',
    width: 'narrow',
    main: html`<section class="card" aria-labelledby="title">
<h1 id="title">One more step</h1>
<p class="lead">You are signing in as <strong>${person}</strong>. ${hasApp ? 'Type the six digits that your authenticator app shows.' : 'Show your passkey, or type one of your recovery codes. Each works once.'}</p>
${error !== undefined && notice('error', error)}
${!hasApp && passkey && html`${passkeyForm(passkey)}${divider}`}
<form class="form" method="post" action="${action}">
<input type="hidden" name="form_token" value="${formToken}">
<label for="code">${hasApp ? 'Code' : 'Recovery code'}</label>
${codeField(hasApp)}
${hasApp && html`<p class="advice" id="advice">Without your app, type one of your recovery codes. Each works once.</p>`}
<button class="button primary tall" type="submit">Continue</button>
</form>
${hasApp && passkey && html`${divider}${passkeyForm(passkey)}`}
${atProviderLink(atProvider)}
</section>
${client && html`<p class="foot">Then you go on to <strong>${client.name}</strong>.</p>`}`,
  });
}

/** Letters must be possible, too: a recovery code has some. */
function codeField(hasApp: boolean): Html {
  const purpose = hasApp
    ? html`autocomplete="one-time-code" aria-describedby="advice" autofocus`
    : html`autocomplete="off"`;
  return html`<input class="field" id="code" name="code" type="text" inputmode="text" autocapitalize="none" spellcheck="false" required maxlength="40" ${purpose}>`;
}

/** The other way to prove more: at the provider where the person signed in. */
export function atProviderLink(atProvider: FactorPage['atProvider']): Html | undefined {
  if (atProvider === undefined) return undefined;
  const { label, href } = atProvider;
  return html`<p class="divider"><span>or</span></p><a class="button tall" href="${href}">Prove it at ${label}</a>`;
}
