import type { EngineName, Role } from '../../core/index.ts';
import type { LiveSession } from '../../store/index.ts';
import type { Snippet } from './connect-snippets.ts';
import { logoOf } from './developer-page.ts';
import { durationInWords } from './duration-words.ts';
import { hiddenToken } from './form-token.ts';
import { type Content, type Html, html } from './html.ts';
import { layout, notice } from './layout.ts';
import { demandInWords, roleInWords } from './role-words.ts';
import { scopesInWords } from './scope-words.ts';
import { timeAgo } from './time-ago.ts';

/** What the home page of one person shows. */
export interface HomePage {
  readonly person: string;
  readonly issuer: string;
  readonly formToken: string;
  readonly now: number;
  readonly databases: readonly ReachableDatabase[];
  readonly applications: readonly Application[];
  readonly sessions: readonly (LiveSession & { readonly clientName: string })[];
  /** Whether the person's password is kept here, and so can be changed here. */
  readonly ownPassword: boolean;
  /** Whether the pages for developers are open to them. */
  readonly developer: boolean;
  /** What the person just ended or changed. */
  readonly done?: 'application' | 'session' | 'password' | undefined;
}

/** A client with everything that the person lets it do, in however many consents. */
export interface Application {
  readonly clientId: string;
  readonly clientName: string;
  /** A small image as a `data:` URL. */
  readonly logo?: string;
  readonly scopes: readonly string[];
  /** When it was first let in, and when the last of it ends; wall-clock milliseconds. */
  readonly createdAt: number;
  readonly expiresAt: number;
  /** What it did last, when that is known. */
  readonly last?: { readonly at: number; readonly database: string; readonly role: string };
}

/** A database on which the person has a role. */
export interface ReachableDatabase {
  readonly name: string;
  readonly engine: EngineName;
  /** In the order of the policy: the first is the default. */
  readonly roles: readonly Role[];
  readonly snippets: readonly Snippet[];
}

const doneSentences = {
  application: 'The application’s access has ended, and its connections with it.',
  session: 'The session is ending.',
  password: 'Your password is changed. You are signed out everywhere else.',
} as const;

/** What somebody can reach, whom they let in, and what runs now, each with the way to end it. */
export function homePage(page: HomePage): Html {
  return layout({
    title: 'Your databases',
    width: 'wide',
    aside: html`<form method="post" action="/sign-out" class="account"><span class="person quiet">${page.person}</span><a class="quiet" href="/factors">Your sign-in</a>${page.developer && html`<a class="quiet" href="/developer">Applications</a>`}${page.ownPassword && html`<a class="quiet" href="/password">Change password</a>`}${hiddenToken(page)}<button class="button" type="submit">Sign out</button></form>`,
    main: html`${page.done && notice('done', doneSentences[page.done])}
<section class="part" aria-labelledby="databases"><h1 id="databases">Your databases</h1>${databases(page)}</section>
<section class="part" aria-labelledby="applications"><h2 id="applications">Applications you let in</h2>${applications(page)}</section>
<section class="part" aria-labelledby="sessions"><h2 id="sessions">Live sessions</h2>${sessions(page)}</section>
<section class="part" aria-labelledby="everywhere"><h2 id="everywhere">Sign out everywhere</h2><p class="quiet">Ends all of it: every browser that you are signed in with, every application that you let in, and every live session.</p><form method="post" action="/sign-out/everywhere">${hiddenToken(page)}<button type="submit" class="button danger">Sign out everywhere</button></form></section>`,
  });
}

function databases(page: HomePage): Html {
  if (page.databases.length === 0)
    return html`<p class="empty">No rule gives you a role on a database yet. Ask your administrator.</p>`;
  return html`<p class="lead">Once on each computer: <code>grantway login ${page.issuer}</code></p>
<div class="databases">${page.databases.map(databaseCard)}</div>`;
}

function databaseCard({ name, engine, roles, snippets }: ReachableDatabase): Html {
  return html`<article class="card"><h2><span class="database">${name}</span> <span class="badge">${engine}</span></h2>
<dl class="roles">${roles.map((role, index) => html`<div><dt><span class="badge role">${role.name}</span>${index === 0 && html` <span class="quiet">default</span>`}</dt><dd class="quiet">${roleSentences(engine, role).join('. ')}.</dd></div>`)}</dl>
<h3>Connect</h3>
<dl class="snippets">${snippets.map(({ title, text }) => html`<div><dt class="quiet">${title}</dt><dd><pre class="snippet" tabindex="0"><code>${text}</code></pre></dd></div>`)}</dl></article>`;
}

function roleSentences(engine: EngineName, role: Role): readonly string[] {
  const demand = demandInWords(role);
  return [
    ...roleInWords(engine, role),
    ...(demand === undefined ? [] : [demand]),
    `Sessions last up to ${durationInWords(role.maxSessionMs)}`,
  ];
}

function applications(page: HomePage): Html {
  if (page.applications.length === 0) return html`<p class="empty">You have not let any application in.</p>`;
  return html`<ul class="rows">${page.applications.map((application) => applicationRow(page, application))}</ul>`;
}

function applicationRow(page: HomePage, application: Application): Html {
  const { clientId, clientName, scopes, createdAt, expiresAt, last } = application;
  return html`<li class="row">
<div class="what"><strong>${logoOf(application)}${clientName}</strong><span class="quiet">${whatFor(scopes)}</span>${last && html`<span class="quiet">last <span class="database">${last.database}</span> as <span class="badge role">${last.role}</span> ${timeAgo(last.at, page.now)}</span>`}</div>
<div class="when quiet">let in ${timeAgo(createdAt, page.now)}, ends in ${durationInWords(wholeHours(expiresAt - page.now))}</div>
<form method="post" action="/applications/${encodeURIComponent(clientId)}/end">${hiddenToken(page)}<button type="submit" class="button danger" aria-label="End access of ${clientName}">End access</button></form>
</li>`;
}

/** The databases and roles of an application; of one that has none, what it may know. */
function whatFor(scopes: readonly string[]): Content {
  const access = scopes.filter(isAccess);
  return access.length > 0
    ? access.map((scope, index) => html`${index > 0 && ', '}${accessInWords(scope)}`)
    : ['Sign in with it', ...scopesInWords(scopes)].join('. ');
}

function sessions(page: HomePage): Html {
  if (page.sessions.length === 0)
    return html`<p class="empty">Nothing is connected as you at the moment.</p>`;
  return html`<ul class="rows">${page.sessions.map(
    ({ id, database, role, clientName, remoteAddress, startedAt }) => html`<li class="row">
<div class="what"><strong><span class="database">${database}</span> <span class="badge role">${role}</span></strong><span class="quiet">${clientName} from ${remoteAddress}</span></div>
<div class="when quiet">started ${timeAgo(startedAt, page.now)}</div>
<form method="post" action="/sessions/${encodeURIComponent(id)}/end">${hiddenToken(page)}<button type="submit" class="button danger" aria-label="End the session on ${database} as ${role}">End</button></form>
</li>`,
  )}</ul>`;
}

/** A begun hour counts: what was let in a moment ago for 30 days would otherwise end in 29. */
function wholeHours(milliseconds: number): number {
  return Math.ceil(milliseconds / 3_600_000) * 3_600_000;
}

/** People know databases and roles; scopes are between programs. */
function accessInWords(scope: string): Html {
  const [, database = '', role] = scope.split(':');
  const as = role === undefined ? 'in your default role' : html`as <span class="badge role">${role}</span>`;
  return html`<span class="database">${database}</span> ${as}`;
}

/** Scopes that open a database; the others say only what the application may know. */
function isAccess(scope: string): boolean {
  return scope.startsWith('db:');
}
