import { developerAside } from './developer-page.ts';
import { type Html, html } from './html.ts';
import { layout, notice } from './layout.ts';

/** What the form for a new application shows. */
export interface NewApplicationPage {
  readonly person: string;
  readonly formToken: string;
  /** What this person has a role for: offered to be ticked. */
  readonly scopes: readonly string[];
  /** Whether somebody must approve it. */
  readonly needsApproval: boolean;
  readonly error?: string;
  /** What was typed before. */
  readonly given?: {
    readonly name: string;
    readonly redirectUris: string;
    readonly scopes: readonly string[];
    readonly otherScopes: string;
    readonly confidential: boolean;
  };
}

/** What a developer says of a new application. Field names are those of the form. */
export function newApplicationPage(page: NewApplicationPage): Html {
  const { given } = page;
  return layout({
    title: 'Register an application',
    width: 'wide',
    aside: developerAside(page.person),
    main: html`<section class="card" aria-labelledby="title">
<h1 id="title">Register an application</h1>
${page.error && notice('error', page.error)}
${page.needsApproval && notice('hint', 'Until an administrator approves it, it works in test mode: for you alone, and with redirect URIs on your own machine.')}
<form method="post" action="/developer/new" enctype="multipart/form-data" class="form">
<input type="hidden" name="form_token" value="${page.formToken}">
<label for="name">Name</label>
<input class="field" id="name" name="name" value="${given?.name}" maxlength="100" required autofocus aria-describedby="name-advice">
<p class="advice" id="name-advice">People see it when they are asked to let it in.</p>
<label for="logo">Logo</label>
<input class="field" id="logo" name="logo" type="file" accept="image/png,image/jpeg,image/webp" aria-describedby="logo-advice">
<p class="advice" id="logo-advice">PNG, JPEG or WebP, square, at most 32 KB. You can leave it out.</p>
<label for="redirect_uris">Redirect URIs</label>
<textarea class="field" id="redirect_uris" name="redirect_uris" rows="3" required spellcheck="false" aria-describedby="uris-advice">${given?.redirectUris}</textarea>
<p class="advice" id="uris-advice">One a line, exactly as the application sends them: https, or <code>http://127.0.0.1/…</code> while you build. A port on 127.0.0.1 may differ at each run when all of them are on your own machine.</p>
<fieldset class="choices"><legend>Databases and roles that it wants</legend>
${page.scopes.map(
  (scope) =>
    html`<label class="choice"><input type="checkbox" name="scope" value="${scope}"${given?.scopes.includes(scope) && html` checked`}> <code>${scope}</code></label>`,
)}
<label for="other_scopes" class="quiet">Others, with spaces between</label>
<input class="field" id="other_scopes" name="other_scopes" value="${given?.otherScopes}" placeholder="db:DATABASE or db:DATABASE:ROLE" spellcheck="false">
</fieldset>
<fieldset class="choices"><legend>Where it runs</legend>
<label class="choice"><input type="radio" name="kind" value="server"${given?.confidential !== false && html` checked`}> On a server, which can keep a secret</label>
<label class="choice"><input type="radio" name="kind" value="program"${given?.confidential === false && html` checked`}> On people’s machines or in their browser: no secret, held by PKCE alone</label>
</fieldset>
<button class="button primary tall" type="submit">Register</button>
</form>
</section>`,
  });
}
