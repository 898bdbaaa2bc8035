import type { ApplicationDetails } from '../../oauth/index.ts';
import type { ClientError } from '../../store/index.ts';
import { developerAside, logoOf, stateBadge } from './developer-page.ts';
import { hiddenToken } from './form-token.ts';
import { type Html, html } from './html.ts';
import { layout, notice } from './layout.ts';
import { timeAgo } from './time-ago.ts';

interface ApplicationPage {
  readonly person: string;
  readonly formToken: string;
  readonly now: number;
  readonly application: ApplicationDetails;
  /** Who registered it, as people know them; absent: it registered itself. */
  readonly registeredBy?: string;
  /** Who approved it. */
  readonly approvedBy?: string;
  /** Whether the page is shown to its developer; otherwise to who may approve it. */
  readonly own: boolean;
  readonly mayApprove: boolean;
  readonly errors: readonly ClientError[];
  readonly people: readonly Connected[];
  readonly done?: 'approved' | 'disconnected' | undefined;
}

/** Somebody for whom an application works. */
export interface Connected {
  readonly name: string;
  readonly times: number;
  readonly lastAt: number;
  readonly database?: string;
  readonly role?: string;
}

const doneSentences = {
  approved: 'The application is approved and works for everybody.',
  disconnected: 'Everybody is disconnected: tokens are worthless now, and live connections end.',
} as const;

/** One application: its registration, what went wrong lately, who let it in, and what can be done about it. */
export function applicationPage(page: ApplicationPage): Html {
  const { application, own } = page;
  return layout({
    title: application.name,
    width: 'wide',
    aside: developerAside(page.person),
    main: html`${page.done && notice('done', doneSentences[page.done])}
${application.state === 'waiting' && own && notice('hint', 'Test mode, until an administrator approves it: it works for you alone, and only with redirect URIs on your own machine (http://127.0.0.1/callback on any port, when you registered none).')}
<section class="part" aria-labelledby="title"><h1 id="title">${logoOf(application)}${application.name} ${stateBadge(application)}</h1>
<dl class="facts">
<div><dt>Client id</dt><dd><code>${application.id}</code></dd></div>
<div><dt>Redirect URIs</dt><dd>${application.redirectUris.map((uri) => html`<div><code>${uri}</code></div>`)}</dd></div>
<div><dt>Wants</dt><dd>${application.scopes.map((scope) => html`<code>${scope}</code> `)}</dd></div>
${!own && html`<div><dt>Registered by</dt><dd>${page.registeredBy ?? 'the application itself'}</dd></div>`}
${page.approvedBy !== undefined && html`<div><dt>Approved by</dt><dd>${page.approvedBy}</dd></div>`}
</dl>
${page.mayApprove && application.state === 'waiting' && act(page, 'approve', 'Approve', 'primary')}</section>
<section class="part" aria-labelledby="errors"><h2 id="errors">What went wrong lately</h2>${errorRows(page)}</section>
<section class="part" aria-labelledby="people"><h2 id="people">Who has connected it</h2>${peopleRows(page)}
${page.people.length > 0 && act(page, 'disconnect', 'Disconnect everybody', 'danger')}</section>
${own && application.confidential && rotation(page)}
<section class="part" aria-labelledby="end"><h2 id="end">Remove it</h2><p class="lead">What people let it do ends, and its id is not known any more.</p>
${act(page, 'remove', 'Remove the application', 'danger')}</section>`,
  });
}

function errorRows({ errors, now }: ApplicationPage): Html {
  if (errors.length === 0) return html`<p class="empty">Nothing in the last 30 days.</p>`;
  return html`<ul class="rows">${errors.map(
    ({ error, sentence, times, lastAt }) =>
      html`<li class="row"><div class="what"><strong><code>${error}</code></strong><span>${sentence}</span></div><div class="when quiet">${timeAgo(lastAt, now)}${times > 1 && html`, ${times} times`}</div></li>`,
  )}</ul>`;
}

function peopleRows({ people, now }: ApplicationPage): Html {
  if (people.length === 0) return html`<p class="empty">Nobody yet.</p>`;
  const tokens = people.reduce((sum, { times }) => sum + times, 0);
  return html`<p class="lead">${people.length === 1 ? 'One person' : `${people.length} people`}, ${tokens === 1 ? 'one token' : `${tokens} tokens`} in all.</p>
<ul class="rows">${people.map(
    ({ name, times, lastAt, database, role }) =>
      html`<li class="row"><div class="what"><strong>${name}</strong><span class="quiet">${database !== undefined && html`last <span class="database">${database}</span> as <span class="badge role">${role}</span>`}</span></div><div class="when quiet">${timeAgo(lastAt, now)}, ${times === 1 ? 'one token' : `${times} tokens`}</div></li>`,
  )}</ul>`;
}

function rotation(page: ApplicationPage): Html {
  return html`<section class="part" aria-labelledby="secret"><h2 id="secret">A new secret</h2>
<form method="post" action="${pathOf(page)}/rotate" class="inline">${hiddenToken(page)}
<label for="overlap">The old one works</label>
<select class="field" id="overlap" name="overlap"><option value="24">for a day more</option><option value="168">for a week more</option><option value="1">for an hour more</option><option value="0">no longer</option></select>
<button class="button" type="submit">Make a new secret</button></form></section>`;
}

function act(page: ApplicationPage, action: string, label: string, look: string): Html {
  return html`<form method="post" action="${pathOf(page)}/${action}">${hiddenToken(page)}<button class="button ${look}" type="submit">${label}</button></form>`;
}

function pathOf({ application }: ApplicationPage): string {
  return `/developer/applications/${encodeURIComponent(application.id)}`;
}
