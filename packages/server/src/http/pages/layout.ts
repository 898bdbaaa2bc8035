import { stylesheetPath } from '../assets/index.ts';
import { type Content, type Html, html } from './html.ts';

/** What frames a page. */
export interface Layout {
  /** Stands in the tab, before the product's name. */
  readonly title: string;
  /** `narrow` is one column for a single decision; `wide` is the home page. */
  readonly width: 'narrow' | 'wide';
  /** The right end of the header: who is signed in, and the way out. */
  readonly aside?: Content;
  readonly main: Content;
}

/** A whole document. It loads the stylesheet and the icon, and no script: the one for passkeys is {@link passkeyForm}'s. */
export function layout({ title, width, aside, main }: Layout): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} · Grantway</title>
<link rel="icon" href="/assets/logo.svg" type="image/svg+xml">
<link rel="stylesheet" href="${stylesheetPath}">
</head>
<body class="${width}">
<header class="top">
<a class="brand" href="/">${logo}<span>Grantway</span></a>
${aside}
</header>
<main id="main">
${main}
</main>
</body>
</html>
`;
}

/** A gateway with a keyhole: the drawing of `assets/logo.svg`, in the colours of the page. */
const logo = html`<svg class="logo" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false"><rect class="logo-ground" width="32" height="32" rx="8"/><path class="logo-line" d="M9 25V14a7 7 0 0 1 14 0v11M6.5 25h19"/><circle class="logo-hole" cx="16" cy="16" r="2.2"/><path class="logo-line" d="M16 17v4"/></svg>`;

/** A message that a screen reader announces when the page opens. */
export function notice(kind: 'error' | 'done' | 'hint', text: Content): Html {
  return html`<p class="notice ${kind}" role="${kind === 'error' ? 'alert' : 'status'}">${text}</p>`;
}
