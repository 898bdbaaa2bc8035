import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { type Clock, network, Refusal } from '../core/index.ts';
import type { Store } from '../store/index.ts';
import { answerError } from './answer-error.ts';
import type { OAuthPages } from './pages.ts';
import { registrationAnswer } from './registration.ts';
import { routes } from './routes.ts';

/** Parameters that must never stand in a URL, where logs and browser histories keep them. */
const neverInQuery = [
  'access_token',
  'assertion',
  'client_assertion',
  'client_secret',
  'code',
  'code_verifier',
  'device_code',
  'password',
  'refresh_token',
  'subject_token',
  'token',
];

const postOnly: readonly string[] = [
  routes.token,
  routes.revocation,
  routes.introspection,
  routes.device_authorization,
  routes.pushed_authorization_request,
  routes.registration,
];

/** Guessing 43 bits of a user code takes far longer than it lives; this keeps guessing from costing us anything. */
const userCodeLimit = { attempts: 60, windowMs: 10 * 60_000 };
const registrationLimit = { attempts: 20, windowMs: 60 * 60_000 };

/** Rules of ours that hold before and after the library's own for every request. */
export function requestRules(
  store: Pick<Store, 'attempts'>,
  clock: Clock,
  pages: Pick<OAuthPages, 'error'>,
): (ctx: KoaContextWithOIDC, next: () => Promise<unknown>) => Promise<void> {
  async function limit(key: string, { attempts, windowMs }: typeof userCodeLimit): Promise<void> {
    const now = clock.now();
    const { count, endsAt } = await store.attempts.add(key, windowMs, now);
    if (count > attempts) throw new Refusal('throttled', { seconds: Math.ceil((endsAt - now) / 1000) });
  }

  async function beforeTheLibrary(ctx: KoaContextWithOIDC): Promise<void> {
    const path = ctx.path.toLowerCase().replace(/\/$/, '');
    if (neverInQuery.some((name) => name in ctx.query))
      throw new errors.InvalidRequest('tokens, codes and secrets must not be in the URL');
    if (postOnly.includes(path) && ctx.method !== 'POST' && ctx.method !== 'OPTIONS') {
      ctx.set('Allow', 'POST');
      throw new errors.InvalidRequest(`this endpoint takes POST, not ${ctx.method}`, 405);
    }
    if (ctx.method !== 'POST') return;
    if (path === routes.code_verification) await limit(`device-code:${network(ctx.ip)}`, userCodeLimit);
    if (path === routes.registration) await limit(`registration:${network(ctx.ip)}`, registrationLimit);
  }

  return async (ctx, next) => {
    try {
      await beforeTheLibrary(ctx);
    } catch (thrown) {
      answer(ctx, pages, thrown);
      return;
    }
    await next();
    if (ctx.status === 404 && ctx.body === undefined) answer(ctx, pages, new Refusal('not_found'));
    if (ctx.oidc?.route === 'registration' && ctx.status === 201)
      ctx.body = registrationAnswer(Object(ctx.body));
  };
}

function answer(ctx: KoaContextWithOIDC, pages: Pick<OAuthPages, 'error'>, thrown: unknown): void {
  if (thrown instanceof errors.OIDCProviderError) {
    const { statusCode: status, error, error_description: description = error } = thrown;
    answerError(ctx, pages, { status, error, description });
  } else if (thrown instanceof Refusal) {
    if (thrown.code === 'throttled') ctx.set('Retry-After', String(thrown.details.seconds));
    const { http: status, oauth: error } = thrown.native;
    answerError(ctx, pages, { status, error, description: thrown.message });
  } else throw thrown;
}
