import { passkeyScriptPath } from '../assets/index.ts';
import { type Html, html } from './html.ts';

/** A form that the browser fills in with a passkey. */
export interface PasskeyForm {
  readonly action: string;
  readonly formToken: string;
  /** What the script hands to the browser. */
  readonly options: string;
  readonly kind: 'make' | 'prove';
}

/** A button that makes or uses a passkey, with the script that it takes. */
export function passkeyForm({ action, formToken, options, kind }: PasskeyForm): Html {
  const [layout, button] = kind === 'make' ? ['', 'button'] : ['form', 'button tall'];
  return html`<form class="${layout}" method="post" action="${action}" data-passkey="${options}" data-passkey-kind="${kind}">
<input type="hidden" name="form_token" value="${formToken}">
<input type="hidden" name="credential" value="">
<p class="notice error" role="alert" data-complaint hidden>No passkey came of that. Try again, or go another way.</p>
<button class="${button}" type="submit">${kind === 'make' ? 'Set up a passkey' : 'Use a passkey'}</button>
</form>
<script src="${passkeyScriptPath}" type="module"></script>`;
}
