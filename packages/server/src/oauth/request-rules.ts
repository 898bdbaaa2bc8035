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

/** Where a method is wrong and not the address. The sign-in page of programs is left to the library. */
const methods: Readonly<Record<string, readonly string[]>> = {
  [routes.authorization]: ['GET'],
  [routes.token]: ['POST'],
  [routes.revocation]: ['POST'],
  [routes.introspection]: ['POST'],
  [routes.device_authorization]: ['POST'],
  [routes.pushed_authorization_request]: ['POST'],
  [routes.registration]: ['POST'],
  [routes.userinfo]: ['GET', 'POST'],
  [routes.jwks]: ['GET'],
  [routes.end_session]: ['GET'],
};

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
    const allowed = methods[path];
    const method = ctx.method === 'HEAD' ? 'GET' : ctx.method;
    // A browser asks by OPTIONS whether a page of another origin may call.
    if (allowed !== undefined && !allowed.includes(method) && method !== 'OPTIONS') {
      ctx.set('Allow', allowed.join(', '));
      const text = `this endpoint takes ${allowed.join(' and ')}, not ${ctx.method}`;
      throw new errors.InvalidRequest(text, 405);
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
