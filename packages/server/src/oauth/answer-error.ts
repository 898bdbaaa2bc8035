import type { KoaContextWithOIDC } from 'oidc-provider';
import { html } from './device-pages.ts';
import type { OAuthPages } from './pages.ts';

/** What an answer says of an error; `error` is a code of OAuth. */
export interface AnsweredError {
  readonly status: number;
  readonly error: string;
  readonly description: string;
}

/** Answers with a page where a person looks, else as RFC 6749, section 5.2, has it. */
export function answerError(
  ctx: KoaContextWithOIDC,
  pages: Pick<OAuthPages, 'error'>,
  { status, error, description }: AnsweredError,
): void {
  ctx.status = status;
  if (ctx.accepts('json', 'html') === 'html') html(ctx, pages.error({ status, error, description }));
  else ctx.body = { error, error_description: description };
}
