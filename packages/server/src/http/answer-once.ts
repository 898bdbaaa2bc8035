import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { KeptAnswer, KeptAnswers } from '../oauth/index.ts';
import type { FormGuard } from './form-guard.ts';

/**
 * Gives every form of the routes that `app` gets from here on one effect, also when it is sent twice: see
 * {@link KeptAnswers}. A form is told from another one by its token and all of its fields, so a page that is shown
 * again, or filled in otherwise, is a new one. Only what led on is kept; each wrong password counts.
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
        return waysOn(reply);
      });
      if (turn.outcome === 'first') return answered;
      const { 'set-cookie': cookies = [], location } = turn.answer.headers;
      reply.raw.appendHeader('set-cookie', cookies);
      return reply.redirect(String(location), 303);
    };
  });
}

function sendingOf(browser: string, { method, url, body }: FastifyRequest): string {
  return JSON.stringify([browser, method, url, body]);
}

/** Undefined when the answer is a page: whoever looks at that may send the form as often as they like. */
function waysOn(reply: FastifyReply): KeptAnswer | undefined {
  const location = reply.getHeader('location');
  if (reply.statusCode !== 303 || location === undefined) return undefined;
  const cookies = reply.raw.getHeader('set-cookie');
  return {
    status: 303,
    headers: {
      location: String(location),
      ...(Array.isArray(cookies) && { 'set-cookie': [...cookies] }),
      ...(typeof cookies === 'string' && { 'set-cookie': cookies }),
    },
  };
}
