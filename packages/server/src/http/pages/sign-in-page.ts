import type { Interaction } from '../../oauth/authorization-server.ts';
import { type Html, html } from './html.ts';
import { layout, notice } from './layout.ts';

export interface SignInPage {
  /** Where the form goes: the same address that showed it. */
  readonly action: string;
  readonly formToken: string;
  /** The method that the form is for, and the others that can be chosen instead. */
  readonly method: string;
  readonly otherMethods: readonly { readonly name: string; readonly href: string }[];
  /** The application that waits; absent when somebody just opens the gateway. */
  readonly client?: Interaction['client'];
  /** What was typed before, after a failure. */
  readonly username?: string;
  readonly error?: string;
}

/** Asks for user name and password. */
export function signInPage(page: SignInPage): Html {
  return layout({
    title: 'Sign in',
    width: 'narrow',
    main: html`<section class="card" aria-labelledby="title">
<h1 id="title">Sign in</h1>
<p class="lead">${page.client ? html`to let <strong>${page.client.name}</strong> reach your databases` : 'to see the databases you can reach'}</p>
${page.error !== undefined && notice('error', page.error)}
<form class="form" method="post" action="${page.action}">
<input type="hidden" name="form_token" value="${page.formToken}">
<input type="hidden" name="method" value="${page.method}">
<label for="username">User name</label>
<input class="field" id="username" name="username" type="text" value="${page.username}" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="256" ${!page.username && html`autofocus`}>
<label for="password">Password</label>
<input class="field" id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024" ${page.username && html`autofocus`}>
<button class="button primary tall" type="submit">Sign in</button>
</form>
${page.otherMethods.length > 0 && otherMethods(page)}
</section>
${page.client && html`<p class="foot">${page.client.redirectHost ? html`Afterwards you go back to <strong>${page.client.redirectHost}</strong>. ` : ''}Your password stays here: the application never sees it.</p>`}`,
  });
}

function otherMethods(page: SignInPage): Html {
  return html`<p class="divider"><span>or</span></p>
${page.otherMethods.map(({ name, href }) => html`<a class="button tall" href="${href}">Sign in with ${name}</a>`)}`;
}
