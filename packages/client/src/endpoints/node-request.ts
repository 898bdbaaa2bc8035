import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * The web request of a request of Node's own server, without its body: the endpoints read none. The origin is a
 * placeholder, because they compare with the configured one and never with what a `Host` header claims.
 */
export function toWebRequest(request: IncomingMessage, url: string): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === 'string') headers.set(name, value);
  }
  // A path that begins with two slashes would be read as another host.
  const path = `/${url.replace(/^\/+/, '')}`;
  return new Request(`http://request.invalid${path}`, { method: request.method ?? 'GET', headers });
}

/** Writes an answer without touching what a framework keeps for its own. */
export async function sendWebResponse(answer: Response, response: ServerResponse): Promise<void> {
  const text = await answer.text();
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) {
    if (name === 'set-cookie') response.appendHeader(name, value);
    else response.setHeader(name, value);
  }
  response.end(text);
}
