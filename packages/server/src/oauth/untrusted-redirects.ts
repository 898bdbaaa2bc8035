import type Provider from 'oidc-provider';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Store } from '../store/index.ts';
import { clientStanding } from './client-standing.ts';
import { html } from './device-pages.ts';
import type { OAuthPages } from './pages.ts';

/** What decides whether a browser may be sent on, and what it is shown when not. */
export interface RedirectParts {
  readonly store: Pick<Store, 'clients' | 'applications'>;
  readonly pages: Pick<OAuthPages, 'error'>;
}

/**
 * Shows a mistake in an authorization request in place of the redirect that would carry it, when nobody has signed in
 * and nobody vouches for the client. Whoever may register a client could otherwise write a link to us that leads to an
 * address of theirs at once: "The authorization server MUST always authenticate the user first […] before redirecting
 * the user" (OAuth 2.1, section 7.13.2). The person is told where the way leads, and decides.
 */
export function holdUntrustedRedirects(provider: Provider, { store, pages }: RedirectParts): void {
  const mistakes = new WeakMap<KoaContextWithOIDC, Error>();
  provider.on('authorization.error', (ctx, thrown) => mistakes.set(ctx, thrown));

  provider.use(async (ctx: KoaContextWithOIDC, next) => {
    await next();
    const mistake = mistakes.get(ctx);
    // Without this the redirect URI itself is what is wrong, and the library shows a page as well.
    if (!(mistake instanceof errors.OIDCProviderError) || !mistake.allow_redirect) return;
    const { client, session } = ctx.oidc;
    if (client === undefined || session?.accountId !== undefined) return;
    const registered = await store.clients.get(client.clientId);
    if (registered !== undefined && (await clientStanding(store, registered)).verified) return;

    const { location: href } = ctx.response.headers;
    ctx.remove('Location');
    ctx.status = 400;
    html(
      ctx,
      pages.error({
        status: ctx.status,
        error: mistake.message,
        description: mistake.error_description ?? 'The request could not be answered.',
        ...(typeof href === 'string' && { backTo: { host: new URL(href).host, href } }),
      }),
    );
  });
}
