import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Logger } from 'pino';
import { Refusal } from '../core/index.ts';
import { answerError } from './answer-error.ts';
import type { OAuthPages } from './pages.ts';

/**
 * Answers what was thrown past the library's own handling, for example because the store failed at the very end. The
 * framework would answer with bare text, and would take the headers away that keep pages safe and that count requests.
 */
export function answerFailures(
  pages: Pick<OAuthPages, 'error'>,
  log: Pick<Logger, 'error'>,
): (ctx: KoaContextWithOIDC, next: () => Promise<unknown>) => Promise<void> {
  return async (ctx, next) => {
    try {
      await next();
    } catch (thrown) {
      const request = String(ctx.res.getHeader('x-request-id') ?? '');
      log.error({ err: thrown, request }, 'an OAuth request failed on our side');
      const { native, message } = new Refusal('internal', { request });
      answerError(ctx, pages, { status: native.http, error: native.oauth, description: message });
    }
  };
}
