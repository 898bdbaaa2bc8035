import type { ApplicationDetails } from '../../oauth/index.ts';
import { type Content, type Html, html } from './html.ts';
import { layout, notice } from './layout.ts';

interface DeveloperPage {
  readonly person: string;
  /** What this person registered. */
  readonly own: readonly ApplicationDetails[];
  /** What waits for this person to approve it; undefined for who approves nothing. */
  readonly waiting: readonly ApplicationDetails[] | undefined;
  readonly mayRegister: boolean;
  readonly done?: 'removed' | undefined;
}

/** The applications that somebody registered, and those that wait for their approval. */
export function developerPage(page: DeveloperPage): Html {
  return layout({
    title: 'Applications',
    width: 'wide',
    aside: developerAside(page.person),
    main: html`${page.done && notice('done', 'The application is removed, and what it was let do has ended.')}
<section class="part" aria-labelledby="own"><h1 id="own">Your applications</h1>
${page.mayRegister && html`<p><a class="button primary" href="/developer/new">Register an application</a></p>`}
${applicationRows(page.own, 'You have not registered any application.')}</section>
${
  page.waiting &&
  html`<section class="part" aria-labelledby="waiting"><h2 id="waiting">Waiting for your approval</h2>${applicationRows(page.waiting, 'Nothing waits.')}</section>`
}`,
  });
}

/** The right end of the header on the pages for developers. */
export function developerAside(person: string): Html {
  return html`<nav class="account" aria-label="Pages"><span class="person quiet">${person}</span><a class="quiet" href="/developer">Applications</a><a class="quiet" href="/">Home</a></nav>`;
}

function applicationRows(applications: readonly ApplicationDetails[], nothing: string): Html {
  if (applications.length === 0) return html`<p class="empty">${nothing}</p>`;
  return html`<ul class="rows">${applications.map(
    (application) => html`<li class="row">
<div class="what"><strong>${logoOf(application)}<a href="/developer/applications/${encodeURIComponent(application.id)}">${application.name}</a></strong><span class="quiet">${application.scopes.map((scope) => html`<code>${scope}</code> `)}</span></div>
<div class="when">${stateBadge(application)}</div>
</li>`,
  )}</ul>`;
}

/** An application's image, which says nothing that its name does not. */
export function logoOf({ logo }: { readonly logo?: string }): Content {
  return logo !== undefined && html`<img class="app-logo" src="${logo}" alt="" width="28" height="28">`;
}

const states = { waiting: 'test mode', approved: 'active', disabled: 'disabled' } as const;

/** The state of an application in a word. */
export function stateBadge({ state }: ApplicationDetails): Html {
  return html`<span class="badge ${state === 'approved' ? 'role' : ''}">${states[state]}</span>`;
}
