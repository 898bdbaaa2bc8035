import type { IncomingMessage } from 'node:http';

const noted = new WeakMap<IncomingMessage, string>();

/** Notes what tells the browser of a request from all others: random, and known to nobody but that browser. */
export function noteBrowser(request: IncomingMessage, browser: string): void {
  noted.set(request, browser);
}

/** What was noted; undefined for whoever never had a page of ours. */
export function notedBrowser(request: IncomingMessage): string | undefined {
  return noted.get(request);
}
