/**
 * assets: the files that a page loads, read once at start and served from memory.
 *
 * Owns: the stylesheet (three files in the order in which they may overrule each other), the logo, and the one script.
 * Does not own: markup (pages/).
 */
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A file with its media type. */
export interface Asset {
  readonly body: string;
  readonly type: string;
}

const styles = ['style/foundation.css', 'style/parts.css', 'style/pages.css'];

/** The styles of all pages, as one file. */
export const stylesheet: Asset = { body: styles.map(read).join('\n'), type: 'text/css; charset=utf-8' };
/** The only script there is: passkeys cannot be asked for without one. */
export const passkeyScript: Asset = { body: read('passkey.js'), type: 'text/javascript; charset=utf-8' };
/** The icon of a tab. Pages draw the same in their own colours. */
export const logo: Asset = { body: read('logo.svg'), type: 'image/svg+xml; charset=utf-8' };

/** Named after its content, so that it can be kept for good and is still new after an upgrade. */
export const stylesheetPath = `/assets/style.css?v=${hash('sha256', stylesheet.body, 'hex').slice(0, 12)}`;

/** Named after its content, too. */
export const passkeyScriptPath = `/assets/passkey.js?v=${hash('sha256', passkeyScript.body, 'hex').slice(0, 12)}`;

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}
