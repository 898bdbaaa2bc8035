import { renderSVG } from 'uqr';
import type { NewApp } from '../../identity/index.ts';
import { atProviderLink, type FactorPage } from './factor-page.ts';
import { Html, html } from './html.ts';
import { layout, notice } from './layout.ts';

interface NewAppPage extends FactorPage {
  readonly app: NewApp;
  /** Why it is asked for; absent when the person came by themselves. */
  readonly why?: string;
  /** The way around it, for somebody who came by themselves. */
  readonly later?: string;
}

/** Sets up an authenticator app: a picture to scan, the same as text, and a code that shows it worked. */
export function newAppPage(page: NewAppPage): Html {
  const { action, formToken, person, client, error, app, why, later, atProvider } = page;
  const key = app.key.reveal().replace(/(.{4})(?=.)/g, '$1 ');
  return layout({
    title: 'Set up a second factor',
    width: 'narrow',
    main: html`<section class="card" aria-labelledby="title">
<h1 id="title">Set up a second factor</h1>
<p class="lead">${why !== undefined && `${why} `}From now on, signing in as <strong>${person}</strong> takes a code of your app, too.</p>
${error !== undefined && notice('error', error)}
<p>Scan this with an authenticator app on your phone.</p>
<div class="qr">${qrCode(app)}</div>
<p>Or type this key into it: <code class="key">${key}</code></p>
<form class="form" method="post" action="${action}">
<input type="hidden" name="form_token" value="${formToken}">
<label for="code">The six digits that the app shows now</label>
<input class="field" id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" required maxlength="20" autofocus>
<button class="button primary tall" type="submit">Turn it on</button>
</form>
${atProviderLink(atProvider)}
${later !== undefined && html`<a class="button tall" href="${later}">Not now</a>`}
</section>
${client && html`<p class="foot">Then you go on to <strong>${client.name}</strong>.</p>`}`,
  });
}

/** Drawn by the library from the URI alone; it holds no text of ours that would need escaping. */
function qrCode({ uri }: NewApp): Html {
  const svg = renderSVG(uri.reveal(), { ecc: 'M', border: 2, pixelSize: 4 });
  return new Html(svg.replace('<svg ', '<svg role="img" aria-label="QR code with the key below" '));
}
