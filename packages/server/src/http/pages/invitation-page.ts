import { type Html, html } from './html.ts';
import { layout, notice } from './layout.ts';

interface InvitationPage {
  readonly action: string;
  readonly formToken: string;
  /** As the link says: nothing was looked up for it. */
  readonly username: string;
  readonly secret: string;
}

/** What an invitation opens. Nothing happens before the button: programs that look at links in mails use up none. */
export function invitationPage({ action, formToken, username, secret }: InvitationPage): Html {
  return layout({
    title: 'You are invited',
    width: 'narrow',
    main: html`<section class="card" aria-labelledby="title">
<h1 id="title">You are invited</h1>
<p class="lead">This link is for <strong>${username}</strong>. With it you choose a password of your own, which lets you reach the databases that are open to you.</p>
<form class="form" method="post" action="${action}">
<input type="hidden" name="form_token" value="${formToken}">
<input type="hidden" name="user" value="${username}">
<input type="hidden" name="secret" value="${secret}">
<button class="button primary tall" type="submit" autofocus>Choose a password</button>
</form>
</section>
<p class="foot">The link works once. Not yours? Then close this page, and tell whoever sent it.</p>`,
  });
}

/** For every link that opens nothing: whether there is such a person is nobody's business. */
export function invitationEndedPage(error: string): Html {
  return layout({
    title: 'No invitation',
    width: 'narrow',
    main: html`<section class="card" aria-labelledby="title">
<h1 id="title">This link opens nothing</h1>
${notice('error', error)}
<a class="button tall" href="/sign-in">Sign in</a>
</section>`,
  });
}
