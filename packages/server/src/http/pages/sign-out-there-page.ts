import { type Html, html } from './html.ts';
import { layout } from './layout.ts';

/** Somebody signed out here, and is on the way to do so at their provider. The browser goes there by itself. */
export function signOutTherePage({
  address,
  host,
}: {
  readonly address: string;
  readonly host: string;
}): Html {
  return layout({
    title: 'Signed out',
    width: 'narrow',
    main: html`<section class="card" aria-labelledby="title">
<h1 id="title">You are signed out here</h1>
<p class="lead">One step more: at <strong>${host}</strong> you are still signed in. You are being taken there.</p>
<a class="button primary tall" href="${address}">Sign out at ${host}</a>
</section>`,
  });
}
