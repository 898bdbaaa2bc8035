import { developerAside } from './developer-page.ts';
import { type Html, html } from './html.ts';
import { layout, notice } from './layout.ts';

interface ApplicationSecretPage {
  readonly person: string;
  readonly clientId: string;
  readonly name: string;
  readonly issuer: string;
  /** Undefined for an application that keeps none. */
  readonly secret: string | undefined;
  /** What became of the secrets before; undefined for a new application. */
  readonly before?: string;
}

/** Shows a client id and its secret, this one time. */
export function applicationSecretPage(page: ApplicationSecretPage): Html {
  const { clientId, secret, issuer } = page;
  return layout({
    title: page.name,
    width: 'wide',
    aside: developerAside(page.person),
    main: html`<section class="card" aria-labelledby="title">
<h1 id="title">${page.name}</h1>
${secret !== undefined && notice('hint', 'The secret is shown this once. Keep it where your application reads its secrets.')}
${page.before && html`<p>${page.before}</p>`}
<dl class="snippets"><div><dt class="quiet">Client id</dt><dd><pre class="snippet" tabindex="0"><code>${clientId}</code></pre></dd></div>
${secret !== undefined && html`<div><dt class="quiet">Client secret</dt><dd><pre class="snippet" tabindex="0"><code>${secret}</code></pre></dd></div>`}
<div><dt class="quiet">Authorization URL, token URL</dt><dd><pre class="snippet" tabindex="0"><code>${issuer}/oauth/authorize
${issuer}/oauth/token</code></pre></dd></div></dl>
<p><a class="button" href="/developer/applications/${encodeURIComponent(clientId)}">Continue to the application</a></p>
</section>`,
  });
}
