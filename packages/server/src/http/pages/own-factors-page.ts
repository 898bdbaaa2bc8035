import type { Factor } from '../../store/index.ts';
import { agoInWords } from './duration-words.ts';
import { hiddenToken } from './form-token.ts';
import { type Html, html } from './html.ts';
import { layout, notice } from './layout.ts';
import { type PasskeyForm, passkeyForm } from './passkey-form.ts';

interface OwnFactorsPage {
  readonly person: string;
  readonly formToken: string;
  readonly now: number;
  readonly factors: readonly Factor[];
  readonly recoveryCodesLeft: number;
  /** Only after a sign-in of the last minutes; otherwise the page shows what there is and where to sign in again. */
  readonly mayChange: boolean;
  /** Where passkeys can be made. */
  readonly passkey?: PasskeyForm;
  readonly done?: 'added' | 'removed' | undefined;
}

const doneSentences = {
  added: 'It is set up. Get recovery codes too, for the day on which you do not have it.',
  removed: 'It is removed, and no longer asked for.',
} as const;

/** What somebody proves beside a password, and what they can do about it. */
export function ownFactorsPage(page: OwnFactorsPage): Html {
  return layout({
    title: 'Your sign-in',
    width: 'wide',
    aside: html`<nav class="account" aria-label="Pages"><span class="person quiet">${page.person}</span><a class="quiet" href="/">Home</a></nav>`,
    main: html`<section class="part" aria-labelledby="title"><h1 id="title">Your sign-in</h1>
${page.done && notice('done', doneSentences[page.done])}
${!page.mayChange && html`<p class="notice hint" role="status">To change anything here, <a href="/sign-in?fresh=1">sign in again</a> first: that must not be longer ago than 15 minutes.</p>`}
<h2>Second factor</h2>
${factorRows(page)}
${page.mayChange && html`<div class="offers"><a class="button" href="/factors/app">Set up an authenticator app</a>${page.passkey && passkeyForm(page.passkey)}</div>`}</section>
<section class="part" aria-labelledby="codes"><h2 id="codes">Recovery codes</h2>
<p class="quiet">${recoveryWords(page)}</p>
${page.mayChange && page.factors.length > 0 && html`<form method="post" action="/factors/recovery-codes">${hiddenToken(page)}<button class="button" type="submit">Get new recovery codes</button></form>`}</section>`,
  });
}

function recoveryWords({ factors, recoveryCodesLeft }: OwnFactorsPage): string {
  if (factors.length === 0) return 'They stand in for a lost second factor. You have none to lose yet.';
  if (recoveryCodesLeft === 0)
    return 'You have none. Without your second factor you would have to ask your administrator.';
  return `You have ${recoveryCodesLeft} left. New ones replace them.`;
}

function factorRows(page: OwnFactorsPage): Html {
  if (page.factors.length === 0)
    return html`<p class="empty">You sign in without one. Anybody who learns your password is you.</p>`;
  return html`<ul class="rows">${page.factors.map(
    ({ id, label, createdAt, lastUsedAt }) => html`<li class="row">
<div class="what"><strong>${label}</strong></div>
<div class="when quiet">set up ${agoInWords(createdAt, page.now)}${lastUsedAt !== undefined && `, last used ${agoInWords(lastUsedAt, page.now)}`}</div>
${page.mayChange && html`<form method="post" action="/factors/${encodeURIComponent(id)}/remove">${hiddenToken(page)}<button type="submit" class="button danger" aria-label="Remove ${label}">Remove</button></form>`}
</li>`,
  )}</ul>`;
}

/** Shows new recovery codes, this once. */
export function recoveryCodesPage(codes: readonly string[]): Html {
  return layout({
    title: 'Your recovery codes',
    width: 'narrow',
    main: html`<section class="card" aria-labelledby="title">
<h1 id="title">Your recovery codes</h1>
<p class="lead">Keep them where your phone is not: on paper, or in a password manager. Each works once. They are not shown again.</p>
<ul class="codes">${codes.map((code) => html`<li><code>${code}</code></li>`)}</ul>
<a class="button primary tall" href="/factors">I have kept them</a>
</section>`,
  });
}
