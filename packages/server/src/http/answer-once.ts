import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { KeptAnswer, KeptAnswers } from '../oauth/index.ts';
import type { FormGuard } from './form-guard.ts';
import { sentPage } from './send-page.ts';

/**
 * Gives every form of the routes that `app` gets from here on one effect, also when it is sent twice: see
 * {@link KeptAnswers}. A form is told from another one by its token and all of its fields, so a page that is shown
 * again, or filled in otherwise, is a new one. Only what led on or made something is kept; each wrong password counts.
 */
export function answerFormsOnce(
  app: FastifyInstance,
  kept: KeptAnswers,
  forms: Pick<FormGuard, 'browserOf'>,
): void {
  app.addHook('onRoute', (route) => {
    if (route.method !== 'POST') return;
    const { handler } = route;
    route.handler = async function (request, reply) {
      const browser = forms.browserOf(request);
      if (browser === undefined) return handler.call(this, request, reply);
      let answered: unknown;
      const turn = await kept.once(sendingOf(browser, request), async () => {
        answered = await handler.call(this, request, reply);
        return keptOf(reply);
      });
      if (turn.outcome === 'first') return answered;
      const { status, headers, body } = turn.answer;
      const { 'set-cookie': cookies = [], ...others } = headers;
      reply.raw.appendHeader('set-cookie', cookies);
      return reply.code(status).headers(others).send(body);
    };
  });
}

function sendingOf(browser: string, { method, url, body }: FastifyRequest): string {
  return JSON.stringify([browser, method, url, body]);
}

/** Headers that the answers need, besides those that every answer of ours has. */
const keptHeaders = ['location', 'content-type', 'content-security-policy'];

/**
 * A way on (303), or the page that shows what was made (201), a secret for instance, which nobody could show again.
 * Undefined for any other page: whoever looks at that may send the form as often as they like.
 */
function keptOf(reply: FastifyReply): KeptAnswer | undefined {
  if (reply.statusCode !== 303 && reply.statusCode !== 201) return undefined;
  const headers: Record<string, string | string[]> = {};
  for (const name of keptHeaders) {
    const value = reply.getHeader(name);
    if (value !== undefined) headers[name] = String(value);
  }
  const cookies = reply.raw.getHeader('set-cookie');
  if (cookies !== undefined) headers['set-cookie'] = [cookies].flat().map(String);
  const body = sentPage(reply);
  return { status: reply.statusCode, headers, ...(body !== undefined && { body }) };
}
