import type { KoaContextWithOIDC } from 'oidc-provider';
import { signInStands } from '../identity/index.ts';
import type { Store } from '../store/index.ts';
import { answerError } from './answer-error.ts';
import type { OAuthPages } from './pages.ts';

/**
 * Takes back the browser session that a request began with a sign-in, when the person's sign-ins were ended before the
 * session was in the store: whoever ended them could not find it there. The library keeps it as its last step.
 */
export function takeBackEndedSignIns(
  people: Store['people'],
  pages: Pick<OAuthPages, 'error'>,
): (ctx: KoaContextWithOIDC, next: () => Promise<unknown>) => Promise<void> {
  return async (ctx, next) => {
    await next();
    const login = ctx.oidc?.result?.login;
    if (login === undefined) return;
    const { accountId, mark } = login;
    // A request whose sign-in was kept without a mark, by a version before, has to be started again.
    if (typeof mark === 'number' && signInStands(await people.get(accountId), mark)) return;
    await ctx.oidc.session?.destroy();
    // With it goes the code that the answer would have carried.
    ctx.remove('Location');
    answerError(ctx, pages, {
      status: 400,
      error: 'invalid_request',
      description: 'You were signed out while you signed in. Go back to the application and start again.',
    });
  };
}
