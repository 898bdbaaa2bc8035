import type {
  DeviceConfirmPage,
  DeviceInputPage,
  OAuthErrorPage,
  OAuthPages,
  SignedOutPage,
} from '../../oauth/index.ts';
import { errorPage, titleOfStatus } from './error-page.ts';
import { type Html, html } from './html.ts';
import { layout, notice } from './layout.ts';

/** The pages that the authorization server shows by itself: the device flow, sign-out, and its own errors. */
export const oauthPages: OAuthPages = {
  deviceInput: (page) => deviceInput(page).toString(),
  deviceConfirm: (page) => deviceConfirm(page).toString(),
  deviceSuccess: ({ clientName }) => deviceSuccess(clientName).toString(),
  signOutConfirm: ({ action, xsrf }) => signOutConfirm(action, xsrf).toString(),
  signedOut: (page) => signedOut(page).toString(),
  error: (page) => oauthError(page).toString(),
};

const problems: Readonly<Record<NonNullable<DeviceInputPage['problem']>, string>> = {
  missing: 'Type the code that the program shows.',
  unknown: 'This code is not valid, or not any more. Check it, or let the program show a new one.',
  refused: 'You refused the program. Nothing was allowed.',
  failed: 'That did not work. Let the program show a new code.',
};

function deviceInput({ action, xsrf, userCode, problem }: DeviceInputPage): Html {
  return layout({
    title: 'Connect a program',
    width: 'narrow',
    main: html`<section class="card" aria-labelledby="title">
<h1 id="title">Connect a program</h1>
<p class="lead">Type the code that the program shows on its own screen.</p>
${problem && notice('error', problems[problem])}
<form class="form" method="post" action="${action}">
<input type="hidden" name="xsrf" value="${xsrf}">
<label for="user_code">Code</label>
<input id="user_code" class="field code" name="user_code" type="text" value="${userCode}" autocomplete="off" autocapitalize="characters" spellcheck="false" required maxlength="64" autofocus>
<button class="button primary tall" type="submit">Continue</button>
</form>
</section>`,
  });
}

function deviceConfirm({ action, xsrf, userCode, clientName, requestedFrom }: DeviceConfirmPage): Html {
  return layout({
    title: 'Is this your program?',
    width: 'narrow',
    main: html`<section class="card" aria-labelledby="title">
<h1 id="title">Is this your program?</h1>
<p class="lead"><strong>${clientName}</strong> asks to act for you. It must show this code right now:</p>
<p class="code">${userCode}</p>
<dl class="facts"><div><dt>Asked from</dt><dd>${requestedFrom}</dd></div></dl>
${notice('hint', 'Did somebody send you this code? Then refuse: it would let them in as you.')}
<form method="post" action="${action}" class="decision">
<input type="hidden" name="xsrf" value="${xsrf}">
<input type="hidden" name="user_code" value="${userCode}">
<button class="button primary tall" type="submit" name="confirm" value="yes">Yes, continue</button>
<button class="button tall" type="submit" name="abort" value="yes">Refuse</button>
</form>
</section>`,
  });
}

function deviceSuccess(clientName: string): Html {
  return layout({
    title: 'You are connected',
    width: 'narrow',
    main: html`<section class="card" aria-labelledby="title">
<h1 id="title">You are connected</h1>
<p class="lead">Go back to <strong>${clientName}</strong>; it goes on by itself. You can close this page.</p>
<p><a class="button" href="/">See what you let in</a></p>
</section>`,
  });
}

function signOutConfirm(action: string, xsrf: string): Html {
  return layout({
    title: 'Sign out?',
    width: 'narrow',
    main: html`<section class="card" aria-labelledby="title">
<h1 id="title">Sign out of Grantway?</h1>
<p class="lead">Applications that you let in keep their access until you end it on the home page.</p>
<form method="post" action="${action}" class="decision">
<input type="hidden" name="xsrf" value="${xsrf}">
<button class="button primary tall" type="submit" name="logout" value="yes">Sign out</button>
<button class="button tall" type="submit">Stay signed in</button>
</form>
</section>`,
  });
}

function signedOut({ backTo }: SignedOutPage): Html {
  return layout({
    title: 'Signed out',
    width: 'narrow',
    main: html`<section class="card" aria-labelledby="title">
<h1 id="title">You are signed out</h1>
<p class="lead">You can close this page.</p>
${backTo && html`<p><a class="button" href="${backTo.href}">${unvouched(backTo.host)}</a></p>`}
<p><a class="button" href="/sign-in">Sign in again</a></p>
</section>`,
  });
}

/** Leads to an application that anybody may have registered. */
function unvouched(host: string): string {
  return `Go to ${host}, which nobody here vouches for`;
}

/** Nobody who came by a link can do anything about these but ask; whom, and with which words, stands here. */
const mistakesOfApplications: Readonly<Record<string, string>> = {
  invalid_client:
    'It came from an application that is not known here, or not any more. Go back and start again; if that does not help, tell the people who run the application what stands below.',
  invalid_redirect_uri:
    'The application wants you back at an address that it has not registered, or may not use before it is approved; so you stay here. Tell its developer what stands below.',
};

function titleOf(status: number, error: string): string {
  if (error === 'request_expired') return 'This request is over';
  return status === 400 ? 'The application’s request did not work' : titleOfStatus(status);
}

function oauthError({ status, error, description, backTo }: OAuthErrorPage): Html {
  const sentence = mistakesOfApplications[error];
  return errorPage({
    title: titleOf(status, error),
    sentence: sentence ?? description,
    foot: html`Error <code>${error}</code>${sentence !== undefined && `: ${description}`}`,
    ...(backTo && {
      link: { href: backTo.href, text: unvouched(backTo.host) },
    }),
  });
}
