import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal, toRefusal } from '../core/index.ts';
import { errorPage, html, titleOfStatus } from './pages/index.ts';
import { sendPage } from './send-page.ts';

/** RFC 9457 problem details, with the stable code of the refusal and the request id. */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  /** One sentence that says what to do. */
  readonly detail: string;
  /** A code of the table of refusals; programs may branch on it. */
  readonly code: string;
  readonly request: string;
}

/** The body that an API caller gets for a refusal. */
export function problemOf(refusal: Refusal, requestId: string): Problem {
  const status = refusal.native.http;
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Refused',
    status,
    detail: refusal.message,
    code: refusal.code,
    request: requestId,
  };
}

/**
 * The only way from something thrown to a response: an error page for a browser, problem+json for everybody else.
 * The cause goes to the log under the request id and never into the response.
 */
export function answerThrown(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = toRefusal(fromFastify(thrown), request.id);
  const status = refusal.native.http;
  request.log[status >= 500 ? 'error' : 'info'](
    { request: request.id, code: refusal.code, err: refusal.cause },
    refusal.message,
  );
  if (reply.raw.headersSent) {
    // Half an answer is out already: cutting it is the one way left to say that it is not whole.
    reply.hijack();
    reply.raw.destroy();
    return reply;
  }
  for (const [name, value] of Object.entries(headersFor(refusal))) reply.header(name, value);
  reply.code(status);
  if (wantsPage(request)) return sendPage(reply, pageOf(refusal, request.id));
  return reply.type('application/problem+json').send(JSON.stringify(problemOf(refusal, request.id)));
}

/** RFC 6750 section 3 for tokens, RFC 6585 section 4 for throttling. */
function headersFor(refusal: Refusal): Readonly<Record<string, string>> {
  const { http, oauth } = refusal.native;
  if (refusal.code === 'token_missing') return { 'www-authenticate': 'Bearer realm="grantway"' };
  if (http === 401 || oauth === 'insufficient_scope')
    return { 'www-authenticate': `Bearer realm="grantway", error="${oauth}"` };
  if (refusal.code === 'throttled' || refusal.code === 'rate_limited')
    return { 'retry-after': String(refusal.details.seconds) };
  return {};
}

/** Whether a person looks at the answer. */
export function wantsPage(request: FastifyRequest): boolean {
  return !request.url.startsWith('/api/') && (request.headers.accept ?? '').includes('text/html');
}

function pageOf(refusal: Refusal, requestId: string) {
  return errorPage({
    // Mostly it is a page that stood open over night, and its reader is no attacker.
    title: refusal.code === 'cross_site' ? 'This form has expired' : titleOfStatus(refusal.native.http),
    sentence: refusal.message,
    foot: html`Request <code>${requestId}</code>`,
    ...(refusal.code === 'wrong_host' && {
      link: { href: String(refusal.details.issuer), text: 'Open that address' },
    }),
    ...(refusal.code === 'request_expired' && {
      link: { href: String(refusal.details.address), text: `Go to ${refusal.details.application}` },
    }),
  });
}

/** Turns what fastify itself refuses (sizes, media types, broken bodies and URLs) into rows of the table. */
function fromFastify(thrown: unknown): unknown {
  if (thrown instanceof Refusal || !(thrown instanceof Error) || !('statusCode' in thrown)) return thrown;
  const { statusCode } = thrown;
  if (statusCode === 413) return new Refusal('request_too_large', {}, thrown);
  if (statusCode === 415) return new Refusal('media_type_unknown', {}, thrown);
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500)
    return new Refusal('request_invalid', { what: 'This request cannot be read.' }, thrown);
  return thrown;
}
