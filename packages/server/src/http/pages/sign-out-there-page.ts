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
    main: html`<h1>You are signed out here</h1>
<p class="lead">One step more: <a href="${address}">sign out at ${host}</a>, too.</p>`,
  });
}
