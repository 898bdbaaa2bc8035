import { setTimeout as sleep } from 'node:timers/promises';
import Provider, { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { z } from 'zod';
import { type Clock, hashSecret, newUuid } from '../core/index.ts';
import type { Store, StoredArtifact } from '../store/index.ts';
import { openUnder, type SealedFor, sealUnder } from './sealed-under.ts';

/** A used refresh token that comes again this soon is an honest retry; later it counts as stolen. */
const windowMs = 30_000;
/** How long a retry waits for the first use to finish, when both came at once. */
const waitMs = 5_000;
const pollMs = 20;
/** A first use that has left no answer after this time died on the way, and a retry takes its place. */
const abandonedAfterMs = 10_000;

const model = 'RefreshReplay';

/**
 * Refresh tokens rotate at each use, and answers get lost on the way. Within {@link windowMs} a retry gets the very
 * answer of the first use. That answer holds live tokens, so it is stored encrypted under a key that is derived from
 * the presented refresh token itself: the store alone cannot open it.
 */
export interface RefreshReplay {
  /** Whether a used refresh token is still within the window. */
  isOpen(token: StoredArtifact): boolean;
  /**
   * For a use that lost against an earlier one: `taken_over` when the earlier one died without an answer and this
   * one now goes on instead; `retry` when its answer is to be replayed, which {@link RefreshReplay.around} does.
   */
  takeOver(tokenHash: string): Promise<'taken_over' | 'retry'>;
  /** Whether the request lost against an earlier use of its refresh token. */
  isRetry(ctx: KoaContextWithOIDC): boolean;
  /** A step around the token endpoint: keeps the answer of a first use, gives it to a retry. */
  around(ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void>;
}

/** See {@link RefreshReplay}. */
export function createRefreshReplay(store: Pick<Store, 'artifacts' | 'locks'>, clock: Clock): RefreshReplay {
  const retries = new WeakSet<object>();
  const { artifacts } = store;

  async function keep(ctx: KoaContextWithOIDC, presented: string): Promise<void> {
    const grantId = ctx.oidc.entities.RefreshToken?.grantId;
    const answer = JSON.stringify({ asked: askedOf(ctx), answer: ctx.body });
    await artifacts.upsert({
      model,
      idHash: hashSecret(presented),
      payload: { sealed: sealUnder(presented, sealedFor(ctx), answer) },
      expiresAt: clock.now() + windowMs,
      ...(typeof grantId === 'string' && { grantId }),
    });
  }

  /** The first use's answer; undefined when there is none, for example because the consent was revoked meanwhile. */
  async function awaitAnswer(ctx: KoaContextWithOIDC, presented: string): Promise<Replayable | undefined> {
    const deadline = clock.monotonic() + waitMs;
    for (;;) {
      const kept = await artifacts.find(model, hashSecret(presented));
      if (typeof kept?.payload.sealed === 'string')
        return replayable.parse(JSON.parse(openUnder(presented, sealedFor(ctx), kept.payload.sealed)));
      const token = await artifacts.find('RefreshToken', hashSecret(presented));
      if (token === undefined || clock.monotonic() > deadline) return undefined;
      await sleep(pollMs);
    }
  }

  return {
    // On both sides of the use: a clock that is set back would open the window again for whatever was used since.
    isOpen: ({ consumedAt }) => consumedAt !== undefined && Math.abs(clock.now() - consumedAt) < windowMs,

    async takeOver(tokenHash) {
      const token = await artifacts.find('RefreshToken', tokenHash);
      const usedAt = token?.consumedAt ?? clock.now();
      const answered = (await artifacts.find(model, tokenHash)) !== undefined;
      if (!answered && clock.now() - usedAt > abandonedAfterMs) {
        const now = clock.now();
        if (await store.locks.acquire(`refresh:${tokenHash}`, newUuid(), now + windowMs, now))
          return 'taken_over';
      }
      if (Provider.ctx !== undefined) retries.add(Provider.ctx);
      return 'retry';
    },

    isRetry: (ctx) => retries.has(ctx),

    async around(ctx, next) {
      await next();
      const presented = ctx.oidc?.route === 'token' ? ctx.oidc.params?.refresh_token : undefined;
      if (typeof presented !== 'string') return;
      if (ctx.oidc.entities.RotatedRefreshToken !== undefined && ctx.status === 200) {
        await keep(ctx, presented);
        return;
      }
      if (!retries.has(ctx)) return;
      const first = await awaitAnswer(ctx, presented);
      if (first?.asked !== askedOf(ctx)) {
        // From here on it is a refusal like any other, and recorded as one.
        retries.delete(ctx);
        refuse(ctx, first === undefined ? noAnswerYet() : usedElsewhere());
        return;
      }
      ctx.status = 200;
      ctx.body = first.answer;
    },
  };
}

const replayable = z.object({
  /** What {@link askedOf} said of the first use. */
  asked: z.string(),
  answer: z.unknown(),
});
type Replayable = Readonly<z.infer<typeof replayable>>;

/** What makes two uses of a refresh token the same request. */
function askedOf(ctx: KoaContextWithOIDC): string {
  return JSON.stringify([ctx.oidc.params?.resource, ctx.oidc.params?.scope]);
}

function sealedFor(ctx: KoaContextWithOIDC): SealedFor {
  return { purpose: 'refresh replay', owner: ctx.oidc.client?.clientId ?? '' };
}

function noAnswerYet(): errors.OIDCProviderError {
  return new errors.TemporarilyUnavailable('The first use of this refresh token gave no answer yet.');
}

function usedElsewhere(): errors.OIDCProviderError {
  const error = new errors.InvalidGrant();
  error.error_description =
    'This refresh token was just used with another resource or scope. Go on with the refresh token of that answer.';
  return error;
}

function refuse(ctx: KoaContextWithOIDC, error: errors.OIDCProviderError): void {
  ctx.status = error.statusCode;
  ctx.body = { error: error.error, error_description: error.error_description };
  ctx.oidc.provider.emit('grant.error', ctx, error);
}
