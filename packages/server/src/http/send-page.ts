import type { FastifyReply } from 'fastify';
import type { Html } from './pages/index.ts';
import { pageHeaders } from './security-headers.ts';

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
  return reply
    .headers(pageHeaders(formTargets, hasScript))
    .type('text/html; charset=utf-8')
    .send(page.toString());
}
