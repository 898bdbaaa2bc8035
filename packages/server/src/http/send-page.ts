import type { FastifyReply } from 'fastify';
import type { Html } from './pages/index.ts';
import { pageHeaders } from './security-headers.ts';

const sent = new WeakMap<FastifyReply, string>();

/**
 * Sends a page. `formTargets` are CSP sources beside this origin that a form on it may lead to: the browser holds
 * every redirect after the POST against them, so the consent page names the application's own address.
 */
export function sendPage(
  reply: FastifyReply,
  page: Html,
  formTargets: readonly string[] = [],
  hasScript = false,
): FastifyReply {
  const text = page.toString();
  sent.set(reply, text);
  return reply.headers(pageHeaders(formTargets, hasScript)).type('text/html; charset=utf-8').send(text);
}

/** The page that was sent as this answer; undefined when it is none. */
export function sentPage(reply: FastifyReply): string | undefined {
  return sent.get(reply);
}
