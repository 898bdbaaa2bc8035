import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Store } from '../store/index.ts';
import { clientStanding } from './client-standing.ts';
import { html } from './device-pages.ts';
import type { OAuthPages } from './pages.ts';

/**
 * Answers an application that signs out somebody who is not signed in here, where the library has a bare form that a script
 * sends: back to the application at once, when somebody vouches for it; else our page, with a link that the person may
 * follow, since no link to us leads to a stranger's address by itself.
 */
export function nobodyToSignOut(
  store: Pick<Store, 'clients' | 'applications'>,
  pages: Pick<OAuthPages, 'signedOut'>,
): (ctx: KoaContextWithOIDC, next: () => Promise<unknown>) => Promise<void> {
  return async (ctx, next) => {
    await next();
    if (ctx.oidc?.route !== 'end_session' || ctx.status !== 200) return;
    if (ctx.oidc.session?.accountId !== undefined) return;
    const back = wayBack(ctx);
    if (back === undefined) {
      html(ctx, pages.signedOut({}));
      return;
    }
    const client = await store.clients.get(ctx.oidc.client?.clientId ?? '');
    if (client !== undefined && (await clientStanding(store, client)).verified) {
      ctx.status = 303;
      ctx.redirect(back.href);
    } else html(ctx, pages.signedOut({ backTo: { host: back.host, href: back.href } }));
  };
}

/** Where the application wants its people back; the library leaves only what the client registered. */
function wayBack({ oidc: { params } }: KoaContextWithOIDC): URL | undefined {
  const back = URL.parse(String(params?.post_logout_redirect_uri ?? ''));
  if (back === null) return undefined;
  if (typeof params?.state === 'string') back.searchParams.set('state', params.state);
  return back;
}
