/** Nothing here is for a cache or a frame, and no address of ours is told to anybody. */
const always = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** Sends the browser on, with cookies set and removed. */
export function redirect(to: string, cookies: readonly string[] = []): Response {
  const headers = new Headers({ ...always, location: to });
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  return new Response(null, { status: 303, headers });
}

/** An answer for a program. */
export function json(status: number, body: object, cookies: readonly string[] = []): Response {
  const headers = new Headers({ ...always, 'content-type': 'application/json' });
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  return new Response(JSON.stringify(body), { status, headers });
}

/**
 * A problem in one sentence: a small page for a person, JSON for a program. What is behind it is for `onError`, never
 * for the browser.
 */
export function problem(
  request: Request,
  status: number,
  {
    code,
    sentence,
    again,
    cookies = [],
  }: {
    readonly code: string;
    readonly sentence: string;
    /** Where the person can start anew. */
    readonly again?: string;
    readonly cookies?: readonly string[];
  },
): Response {
  if (!wantsPage(request)) return json(status, { error: code, message: sentence }, cookies);
  const headers = new Headers({
    ...always,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  });
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  const link = again === undefined ? '' : `<p><a href="${escapeHtml(again)}">Start again</a></p>`;
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Not connected</title><main><h1>Not connected</h1><p role="alert">${escapeHtml(sentence)}</p>${link}</main></html>`;
  return new Response(page, { status, headers });
}

/** Whether a person waits for the answer. */
export function wantsPage(request: Request): boolean {
  return request.headers.get('accept')?.includes('text/html') ?? false;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
