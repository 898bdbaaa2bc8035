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

/** A failure in words. What is behind it is for `onError`, never for the browser. */
export interface ConnectProblem {
  /** 4xx. */
  readonly status: number;
  /** For programs to branch on: `denied`, `expired`, `callback_mismatch`, the gateway's own code … */
  readonly code: string;
  /** One sentence for the person. */
  readonly sentence: string;
  /** A path where the person can start anew. */
  readonly again?: string;
}

/** Draws a problem for a person. */
export type ProblemPage = (problem: ConnectProblem) => Response;

/** Tells a problem: by `page` to a person, as JSON to a program. */
export function tellProblem(
  request: Request,
  problem: ConnectProblem,
  page: ProblemPage,
  cookies: readonly string[] = [],
): Response {
  if (!wantsPage(request)) {
    return json(problem.status, { error: problem.code, message: problem.sentence }, cookies);
  }
  const answer = page(problem);
  const headers = new Headers(answer.headers);
  for (const [name, value] of Object.entries(always)) headers.set(name, value);
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  return new Response(answer.body, { status: answer.status, headers });
}

/** The page of an application that brings none of its own. */
export function plainProblemPage({ status, sentence, again }: ConnectProblem): Response {
  const link = again === undefined ? '' : `<p><a href="${escapeHtml(again)}">Start again</a></p>`;
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Not connected</title><main><h1>Not connected</h1><p role="alert">${escapeHtml(sentence)}</p>${link}</main></html>`;
  return new Response(page, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    },
  });
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
