import type { KoaContextWithOIDC } from 'oidc-provider';
import { newUuid } from '../core/index.ts';
import type { KeptAnswer, KeptAnswers } from './kept-answers.ts';
import { notedBrowser } from './noted-browser.ts';
import { routes } from './routes.ts';

/**
 * A request goes on once after a form: both answers to a form that was sent twice lead to the same place, where the
 * library would have used up the request at the first and know nothing of it at the second.
 */
export function goOnOnce(
  kept: KeptAnswers,
): (ctx: KoaContextWithOIDC, next: () => Promise<unknown>) => Promise<void> {
  return async (ctx, next) => {
    const browser = notedBrowser(ctx.req);
    const uid = ctx.method === 'GET' ? resumed.exec(ctx.path)?.groups?.uid : undefined;
    const isCounted = uid !== undefined || (ctx.method === 'POST' && pageParameter in ctx.query);
    if (browser === undefined || !isCounted) {
      await next();
      return;
    }
    const sending = JSON.stringify([browser, ctx.method, ctx.url]);
    const turn = await kept.once(sending, async () => {
      await next();
      // The library may have sent the browser on a detour, from which it comes back here.
      const waits = uid !== undefined && (await ctx.oidc.provider.Interaction.find(uid)) !== undefined;
      return waits ? undefined : answerOf(ctx);
    });
    if (turn.outcome === 'first') return;
    const { status, headers, body } = turn.answer;
    for (const [name, value] of Object.entries(headers)) ctx.res.setHeader(name, value);
    ctx.status = status;
    ctx.body = body ?? '';
  };
}

/** Where the library goes on with a request, after a sign-in or a consent. */
const resumed = new RegExp(`^(?:${routes.authorization}|${routes.code_verification})/(?<uid>[^/]+)$`);

const pageParameter = 'page';

/** Where a form is sent that counts once: an address of its own for each page that shows it. */
export function countedOnce(path: string): string {
  return `${path}?${pageParameter}=${newUuid()}`;
}

const keptHeaders = ['location', 'set-cookie', 'content-type', 'content-security-policy'];

/** Undefined for a refusal: that may be another one the next time. */
function answerOf({ res, status, body }: KoaContextWithOIDC): KeptAnswer | undefined {
  if (status >= 400) return undefined;
  const headers: Record<string, string | string[]> = {};
  for (const name of keptHeaders) {
    const value = res.getHeader(name);
    if (value !== undefined) headers[name] = Array.isArray(value) ? [...value] : String(value);
  }
  return { status, headers, ...(typeof body === 'string' && { body }) };
}
