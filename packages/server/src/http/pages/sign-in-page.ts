import type { Interaction } from '../../oauth/index.ts';
import { type Html, html } from './html.ts';
import { layout, notice } from './layout.ts';
import { type PasskeyForm, passkeyForm } from './passkey-form.ts';

interface SignInPage {
  /** Absent when the chosen way needs nothing typed here. */
  readonly form?: {
    /** Where the form goes: the same address that showed it. */
    readonly action: string;
    readonly token: string;
    /** The method that it is for. */
    readonly method: string;
    /** Whose user name and password, when another system keeps them. */
    readonly at?: string;
    /** What was typed before, after a failure. */
    readonly username?: string;
  };
  readonly otherMethods: readonly { readonly label: string; readonly href: string }[];
  /** The application that waits; absent when somebody just opens the gateway. */
  readonly client?: Interaction['client'];
  readonly error?: string;
  /** Why somebody who is signed in is asked again. */
  readonly hint?: string;
  /** Where passkeys can be used. */
  readonly passkey?: PasskeyForm;
}

/** Asks for user name and password, or which provider to sign in at. */
export function signInPage({ form, otherMethods, client, error, hint, passkey }: SignInPage): Html {
  return layout({
    title: 'Sign in',
    width: 'narrow',
    main: html`<section class="card" aria-labelledby="title">
<h1 id="title">Sign in</h1>
<p class="lead">${client ? html`to let <strong>${client.name}</strong> reach your databases` : 'to see the databases you can reach'}</p>
${hint !== undefined && notice('hint', hint)}
${error !== undefined && notice('error', error)}
${form && passwordForm(form)}
${form && (otherMethods.length > 0 || passkey !== undefined) && html`<p class="divider"><span>or</span></p>`}
${passkey && passkeyForm(passkey)}
${otherMethods.map(({ label, href }) => html`<a class="button tall" href="${href}">Sign in with ${label}</a>`)}
</section>
${client && html`<p class="foot">${client.redirectHost ? html`Afterwards you go back to <strong>${client.redirectHost}</strong>. ` : ''}Your password stays here: the application never sees it.</p>`}`,
  });
}

function passwordForm({ action, token, method, at, username }: NonNullable<SignInPage['form']>): Html {
  return html`<form class="form" method="post" action="${action}">
<input type="hidden" name="form_token" value="${token}">
<input type="hidden" name="method" value="${method}">
<label for="username">User name${at !== undefined && ` at ${at}`}</label>
<input class="field" id="username" name="username" type="text" value="${username}" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="256" ${!username && html`autofocus`}>
<label for="password">Password</label>
<input class="field" id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024" ${username && html`autofocus`}>
<button class="button primary tall" type="submit">Sign in</button>
</form>`;
}
