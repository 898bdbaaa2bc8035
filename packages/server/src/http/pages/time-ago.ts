import { agoInWords } from './duration-words.ts';
import { type Html, html } from './html.ts';

/** When something was, in words, with the time itself for programs. */
export function timeAgo(at: number, now: number): Html {
  return html`<time datetime="${new Date(at).toISOString()}">${agoInWords(at, now)}</time>`;
}
