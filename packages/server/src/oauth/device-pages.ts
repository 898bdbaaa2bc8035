import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { countedOnce } from './go-on-once.ts';
import type { DeviceInputPage, OAuthPages } from './pages.ts';
import { routes } from './routes.ts';

type DeviceFlow = NonNullable<NonNullable<Configuration['features']>['deviceFlow']>;

/** Ten letters out of twenty: 43 bits (RFC 8628, section 6.1), without vowels, so that no words appear. */
const userCodes = { charset: 'base-20', mask: '*****-*****' } as const;

const prefills = new WeakMap<object, string>();

/**
 * A link with the code in it only fills in the field. The library would send it off at once by a script; without
 * scripts, and with a moment to compare, the person presses the button.
 */
export async function prefillUserCode(ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> {
  const { user_code: userCode, ...rest } = ctx.query;
  if (ctx.method === 'GET' && ctx.path === routes.code_verification && typeof userCode === 'string') {
    prefills.set(ctx, userCode.slice(0, 64));
    ctx.query = rest;
  }
  await next();
}

/**
 * Somebody who opens the address that programs ask (RFC 8628, section 3.1) looks for the page where the code is typed
 * in. Programs are told that it takes POST.
 */
export async function leadToDevicePage(ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> {
  const isTyped = ctx.method === 'GET' && ctx.path === routes.device_authorization;
  if (isTyped && ctx.accepts('json', 'html') === 'html') openDevicePage(ctx, ctx.query.user_code);
  else await next();
}

/** The device flow's settings, with our pages in place of the library's. */
export function deviceFlow(pages: OAuthPages): DeviceFlow {
  return {
    enabled: true,
    ...userCodes,
    deviceInfo: (ctx) => ({ ip: ctx.ip }),

    userCodeInputSource(ctx, _form, out, error) {
      const typed = userCodeIn(error) ?? prefills.get(ctx);
      if (error !== undefined && lostItsSession(ctx)) return beginAgain(ctx);
      const problem = problemOf(out, error);
      html(
        ctx,
        pages.deviceInput({
          ...formOf(ctx),
          ...(typed !== undefined && { userCode: typed }),
          ...(problem !== undefined && { problem }),
        }),
      );
    },

    userCodeConfirmSource(ctx, _form, client, deviceInfo, userCode) {
      html(
        ctx,
        pages.deviceConfirm({
          ...formOf(ctx),
          action: countedOnce(routes.code_verification),
          userCode,
          clientName: client.clientName ?? client.clientId,
          requestedFrom: String(deviceInfo.ip ?? ''),
        }),
      );
    },

    successSource(ctx) {
      const { client } = ctx.oidc;
      html(ctx, pages.deviceSuccess({ clientName: client?.clientName ?? client?.clientId ?? '' }));
    },
  };
}

/** Whether the form came without the session that it was made for: the cookie is gone, or another site sent it. */
function lostItsSession({ oidc: { session } }: KoaContextWithOIDC): boolean {
  return session !== undefined && session.exp === undefined;
}

/**
 * Opens the page anew, with the code filled in. The library would fail: it puts a secret into a session that was never
 * kept, and cannot renew that.
 */
function beginAgain(ctx: KoaContextWithOIDC): void {
  const { session, params } = ctx.oidc;
  // A field that the library's types leave out; without it, it would try to keep the session all the same.
  Object.assign(session ?? {}, { destroyed: true });
  openDevicePage(ctx, params?.user_code);
}

/** Leads to the page where a code is typed in, with what was typed before. */
function openDevicePage(ctx: KoaContextWithOIDC, userCode: unknown): void {
  const code = typeof userCode === 'string' ? userCode.slice(0, 64) : '';
  ctx.status = 303;
  ctx.redirect(routes.code_verification + (code === '' ? '' : `?user_code=${encodeURIComponent(code)}`));
}

function formOf(ctx: KoaContextWithOIDC): { readonly action: string; readonly xsrf: string } {
  return { action: routes.code_verification, xsrf: String(ctx.oidc.session?.state?.secret ?? '') };
}

function problemOf(out: unknown, error: Error | undefined): DeviceInputPage['problem'] {
  if (error === undefined) return undefined;
  switch (error.name) {
    case 'NoCodeError':
      return 'missing';
    case 'NotFoundError':
    case 'ExpiredError':
    case 'AlreadyUsedError':
      return 'unknown';
    case 'AbortedError':
      return 'refused';
    default:
      return out === undefined ? undefined : 'failed';
  }
}

function userCodeIn(error: Error | undefined): string | undefined {
  const typed = error !== undefined && 'userCode' in error ? error.userCode : undefined;
  return typeof typed === 'string' ? typed : undefined;
}

/** Answers with a page. */
export function html(ctx: KoaContextWithOIDC, document: string): void {
  ctx.type = 'html';
  ctx.body = document;
}
