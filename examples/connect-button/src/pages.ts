import type { Engine, Table } from './engines/index.ts';
import { type Html, html } from './html.ts';
import type { Visit } from './visit.ts';

/** One engine on the home page. */
export type Entry =
  /** The gateway has no such database for us. */
  | { readonly engine: Engine; readonly state: 'not-offered' }
  | { readonly engine: Engine; readonly state: 'not-connected'; readonly database: string }
  | {
      readonly engine: Engine;
      readonly state: 'connected';
      readonly database: string;
      /** Their name. */
      readonly person: string;
      readonly visit: Visit<Table>;
    };

/** What the database has just not let somebody do. */
export type Refused = Extract<Visit<void>, { readonly outcome: 'forbidden' }> & { readonly engine: Engine };

/** The one page that there is. */
export function homePage(entries: readonly Entry[], refused?: Refused): string {
  return layout(
    'Connect button',
    html`<h1>Your databases</h1>
<p class="lead">This application has no database password. Connect one, and it reads what <em>you</em> may read, until you take that back.</p>
${entries.map((entry) => section(entry, refused?.engine === entry.engine ? refused : undefined))}`,
  );
}

/** What went wrong, and where to begin anew. */
export interface Sorry {
  readonly heading: string;
  readonly sentence: string;
  /** A path. */
  readonly again?: string | undefined;
}

/** A page that only says what went wrong, and where to go from there. */
export function sorryPage({ heading, sentence, again }: Sorry): string {
  const retry =
    again === undefined || again === '/'
      ? undefined
      : html`<a class="button" href="${again}">Start again</a> `;
  return layout(
    heading,
    html`<h1>${heading}</h1>
<p role="alert" class="notice">${sentence}</p>
<p class="actions">${retry}<a href="/">Back to your databases</a></p>`,
  );
}

function section(entry: Entry, refused: Refused | undefined): Html {
  const { title } = entry.engine;
  return html`<section class="${entry.state}" aria-labelledby="${title}">
<h2 id="${title}">${title}</h2>
${contents(entry, refused)}
</section>
`;
}

function contents(entry: Entry, refused: Refused | undefined): Html {
  const { engine } = entry;
  switch (entry.state) {
    case 'not-offered':
      return html`<p class="muted">This gateway has no ${engine.title} database for this application.</p>`;
    case 'not-connected':
      return html`<p class="muted">Database <strong>${entry.database}</strong></p>${connect(entry, `Connect to ${engine.title}`)}`;
    case 'connected':
      return visited(entry, entry.visit, refused);
  }
}

type Connected = Extract<Entry, { readonly state: 'connected' }>;

function visited(entry: Connected, visit: Visit<Table>, refused: Refused | undefined): Html {
  const { engine, database, person } = entry;
  switch (visit.outcome) {
    case 'needs-reconnect':
    case 'not-connected':
      return html`<p role="status" class="notice">The access of <strong>${person}</strong> to <strong>${database}</strong> was ended. Connect again if you want to go on.</p>
${connect(entry, `Connect to ${engine.title} again`)}`;
    case 'failed':
      return html`<p role="alert" class="notice">${visit.sentence}</p>${disconnect(database)}`;
    case 'forbidden':
      return html`<p role="alert" class="notice">The database refuses to show its ${engine.things} to the role <strong>${visit.connection.role}</strong>: “${visit.words}”.</p>${disconnect(database)}`;
    case 'done':
      return html`${refused === undefined ? undefined : html`<p role="alert" class="notice">The database refused the new ${engine.thing} to the role <strong>${refused.connection.role}</strong>: “${refused.words}”.</p>`}
<dl>
<div><dt>Connected as</dt><dd>${person}</dd></div>
<div><dt>Database</dt><dd>${visit.connection.database}</dd></div>
<div><dt>Role</dt><dd>${visit.connection.role}</dd></div>
<div><dt>This token ends at</dt><dd>${time(visit.tokenEndsAt)} <span class="muted">and is renewed until you disconnect</span></dd></div>
</dl>
${listing(engine, database, visit.found)}
<div class="actions"><form method="post" action="/add?database=${database}"><button>Add a ${engine.thing}</button></form>
${disconnect(database)}</div>`;
  }
}

function connect({ database }: { readonly database: string }, words: string): Html {
  return html`<p class="actions"><a class="button" href="/connect/auth?database=${database}">${words}</a></p>`;
}

function disconnect(database: string): Html {
  return html`<form method="post" action="/connect/disconnect?database=${database}"><button class="quiet" aria-label="Disconnect ${database}">Disconnect</button></form>`;
}

function listing(engine: Engine, database: string, { columns, rows }: Table): Html {
  if (rows.length === 0) return html`<p class="muted">There are no ${engine.things} in ${database} yet.</p>`;
  return html`<div class="scroll" role="region" aria-label="${engine.title} ${engine.things}" tabindex="0"><table>
<thead><tr>${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((value) => html`<td>${String(value ?? '')}</td>`)}</tr>`)}</tbody>
</table></div>`;
}

function time(at: number): Html {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">${iso.slice(11, 16)} UTC</time>`;
}

function layout(title: string, main: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<main>
${main}
</main>
<footer>An example of <strong>@grantway/client</strong>. No script, no shared password.</footer>
</body>
</html>`.markup;
}
