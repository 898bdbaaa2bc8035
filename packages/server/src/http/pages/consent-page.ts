import type { EngineName, Role } from '../../core/index.ts';
import type { Interaction, RequestedAccess } from '../../oauth/index.ts';
import { durationInWords } from './duration-words.ts';
import { type Content, type Html, html } from './html.ts';
import { layout, notice } from './layout.ts';
import { roleInWords } from './role-words.ts';
import { scopesInWords } from './scope-words.ts';

/** A role as the configuration has it. */
export interface DefinedRole {
  readonly engine: EngineName;
  readonly role: Role;
}

interface ConsentPage {
  readonly action: string;
  readonly formToken: string;
  /** Who decides. */
  readonly person: string;
  readonly client: Interaction['client'];
  readonly access: readonly (RequestedAccess & { readonly definition: DefinedRole | undefined })[];
  readonly otherScopes: readonly string[];
  /** How long the application can renew its access by itself; undefined when it cannot. */
  readonly renewableMs: number | undefined;
  /** Whether policy gives anything of what was asked. Without that, and with a client that is barred, there is no "Allow". */
  readonly permitted: boolean;
}

/** Asks whether an application may act for the person, and says what that means before it asks. */
export function consentPage(page: ConsentPage): Html {
  const { client, permitted } = page;
  const allowable = permitted && !client.barred;
  return layout({
    title: `Allow ${client.name}?`,
    width: 'narrow',
    main: html`<section class="card" aria-labelledby="title">
${client.logo !== undefined && html`<img class="app-logo large" src="${client.logo}" alt="" width="48" height="48">`}
<h1 id="title">${heading(page, allowable)}</h1>
<p class="lead">You are signed in as <strong>${page.person}</strong>.</p>
${client.testMode && notice('hint', html`<strong>${client.name}</strong> waits for an administrator to approve it: until then only its developer can let it in.`)}
${client.selfRegistered && !client.testMode && notice('hint', html`<strong>${client.name}</strong> was registered by its developer, not verified by your administrator. Continue only if you know it.`)}
${!permitted && notice('error', 'No rule gives you this access. Ask your administrator for a role, then start again in the application.')}
<ul class="access">${page.access.map(accessItem)}${aboutYou(page.otherScopes)}</ul>
${allowable && html`<dl class="facts">${facts(page)}</dl>`}
<form method="post" action="${page.action}" class="decision">
<input type="hidden" name="form_token" value="${page.formToken}">
${allowable && html`<button class="button primary tall" type="submit" name="decision" value="allow">Allow</button>`}
<button class="button tall" type="submit" name="decision" value="deny">${allowable ? 'Deny' : 'Go back'}</button>
</form>
</section>`,
  });
}

function heading({ client, permitted }: ConsentPage, allowable: boolean): Html {
  if (allowable) return html`Allow <em>${client.name}</em> to act for you?`;
  return permitted
    ? html`<em>${client.name}</em> is not approved yet`
    : html`<em>${client.name}</em> asks for more than you have`;
}

function accessItem(access: ConsentPage['access'][number]): Html {
  const { database, definition, asked } = access;
  if (!definition)
    return html`<li class="refused"><h2 class="access-title"><span class="database">${database}</span>${asked && html` <span class="badge">${asked}</span>`}</h2>
<p>Not included: no rule gives you ${asked ? 'this role' : 'a role'} here.</p></li>`;
  return html`<li><h2 class="access-title"><span class="database">${database}</span> <span class="badge role">${definition.role.name}</span></h2>
${sentenceList(roleInWords(definition.engine, definition.role))}</li>`;
}

function aboutYou(scopes: readonly string[]): Content {
  const sentences = scopesInWords(scopes);
  if (sentences.length === 0) return undefined;
  return html`<li><h2 class="access-title">About you</h2>${sentenceList(sentences)}</li>`;
}

function sentenceList(sentences: readonly string[]): Html {
  return html`<ul class="may">${sentences.map((sentence) => html`<li>${sentence}</li>`)}</ul>`;
}

function facts(page: ConsentPage): Content {
  const { client, access, renewableMs } = page;
  const granted = access.filter(({ definition }) => definition);
  const token = Math.max(0, ...granted.map(({ tokenMs }) => tokenMs));
  const session = Math.max(0, ...granted.map(({ maxSessionMs }) => maxSessionMs));
  return [
    client.redirectHost !== undefined && html`<div><dt>Returns to</dt><dd>${client.redirectHost}</dd></div>`,
    granted.length > 0 &&
      html`<div><dt>For how long</dt><dd>Each token works for ${durationInWords(token)}. An open connection ends after ${durationInWords(session)} at the latest.${renewableMs !== undefined && html` The application can renew its access without you for ${durationInWords(renewableMs)}.`}</dd></div>`,
    html`<div><dt>To take it back</dt><dd>Open the Grantway home page and end the access there. Open connections end at once.</dd></div>`,
  ];
}
