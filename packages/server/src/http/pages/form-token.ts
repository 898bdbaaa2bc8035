import { type Html, html } from './html.ts';

/** The field that proves a form to be ours: see `FormGuard`. */
export function hiddenToken({ formToken }: { readonly formToken: string }): Html {
  return html`<input type="hidden" name="form_token" value="${formToken}">`;
}
