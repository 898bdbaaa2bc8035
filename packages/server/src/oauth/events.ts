import type Provider from 'oidc-provider';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Audit } from '../audit/index.ts';
import { hideSecrets } from '../core/index.ts';
import type { Store } from '../store/index.ts';
import { clientFacts } from './client-facts.ts';
import { clientMistake } from './client-mistakes.ts';
import type { AuthorizationServerParts } from './parts.ts';
import type { RefreshReplay } from './refresh-replay.ts';

type Client = NonNullable<KoaContextWithOIDC['oidc']['client']>;

/** Where refusals are kept. */
export interface EventParts extends Pick<AuthorizationServerParts, 'audit' | 'clock' | 'log'> {
  readonly store: Pick<Store, 'activity' | 'clients'>;
  readonly replay: RefreshReplay;
}

/**
 * Turns what the library reports into audit records and lines of the operator's log. Refusals and sign-outs only:
 * what gives access is recorded where it happens, before it takes effect.
 */
export function recordEvents(provider: Provider, { store, audit, clock, log, replay }: EventParts): void {
  const refused = (grantType: string) => (ctx: KoaContextWithOIDC, thrown: Error) => {
    // A retry is answered after this event, and recorded there if it must be refused.
    if (replay.isRetry(ctx)) return;
    // A device asks every few seconds until its person has answered.
    if (thrown instanceof errors.AuthorizationPending) return;
    const { client, session } = ctx.oidc;
    if (client !== undefined) tellDeveloper(client, ctx, thrown);
    recordSafely({
      type: 'token_refused',
      grantType: hideSecrets(String(ctx.oidc.params?.grant_type ?? grantType)),
      error: thrown.message,
      remoteAddress: ctx.ip,
      ...(client !== undefined && { client: client.clientId }),
      ...(session?.accountId !== undefined && { person: session.accountId }),
    });
  };

  /** What the developer reads later; the refusal does not wait for it. */
  function tellDeveloper(client: Client, ctx: KoaContextWithOIDC, thrown: Error): void {
    keepMistake(client, ctx, thrown).catch((failure) => {
      log.error({ err: failure }, 'a mistake of a client could not be kept for its developer');
    });
  }

  async function keepMistake({ clientId }: Client, ctx: KoaContextWithOIDC, thrown: Error): Promise<void> {
    const registered = await store.clients.get(clientId);
    const redirectUris = registered === undefined ? [] : clientFacts(registered).redirectUris;
    const mistake = clientMistake(ctx, thrown, redirectUris);
    if (mistake !== undefined) await store.activity.failed({ clientId, ...mistake }, clock.now());
  }

  /** A refusal stands whether it can be recorded or not. */
  function recordSafely(event: Parameters<Audit['record']>[0]): void {
    try {
      audit.record(event);
    } catch (thrown) {
      log.error({ err: thrown }, 'a refusal could not be recorded');
    }
  }

  provider.on('grant.error', refused('unknown'));
  provider.on('authorization.error', refused('authorization'));
  provider.on('device_authorization.error', refused('device_authorization'));
  provider.on('pushed_authorization_request.error', refused('pushed_authorization_request'));
  provider.on('end_session.success', (ctx) => {
    const person = ctx.oidc.session?.accountId;
    if (ctx.oidc.params?.logout && person !== undefined)
      recordSafely({ type: 'sign_out', person, remoteAddress: ctx.ip });
  });
  provider.on('server_error', (ctx, thrown) => {
    log.error({ err: thrown, route: ctx.oidc?.route }, 'an OAuth request failed on our side');
  });
}
