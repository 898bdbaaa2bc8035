import { type Html, html } from './html.ts';
import { layout } from './layout.ts';

/** The home page of somebody who is not signed in. */
export function landingPage(page: { readonly signedOut: boolean }): Html {
  return layout({
    title: 'Databases without shared passwords',
    width: 'wide',
    main: html`<section class="hero">
${page.signedOut && html`<p class="notice done" role="status">You are signed out.</p>`}
<h1 class="hero-title">Your databases, without a shared password</h1>
<p class="hero-lead">Sign in as yourself, choose one role on one database, and use the short-lived token as the password in the client that you already have.</p>
<p><a class="button primary tall" href="/sign-in">Sign in</a></p>
</section>
<ol class="steps">
<li class="step"><h2>Sign in</h2><p class="quiet">With the identity you have. No account on the database, no password to pass around.</p></li>
<li class="step"><h2>Consent</h2><p class="quiet">You see which application gets which role, for how long, and you can take it back at any time.</p></li>
<li class="step"><h2>Connect</h2><p class="quiet"><code>psql</code>, a driver, a dashboard: the token is the password, and the role is all that it opens.</p></li>
</ol>`,
  });
}
