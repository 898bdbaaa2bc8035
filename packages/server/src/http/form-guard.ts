import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { type Clock, newId, Refusal } from '../core/index.ts';

/**
 * Protects every form from other sites (OWASP CSRF cheat sheet; ASVS 3.5). A form carries a token that is an HMAC
 * over this browser's cookie, what the form is for, and the time; and the browser must not say that the request
 * comes from elsewhere.
 */
export interface FormGuard {
  /** A token for one form. `purpose` names the form, what it acts on, and the person it was shown to. */
  token(request: FastifyRequest, reply: FastifyReply, purpose: string): string;
  /**
   * The fields of a posted form, once it is proved to be ours.
   * @throws Refusal `cross_site` for a foreign, stale or re-purposed form, `request_invalid` for unexpected fields
   */
  read<Fields extends z.ZodType>(request: FastifyRequest, purpose: string, fields: Fields): z.output<Fields>;
  /** What this browser's forms are bound to, at random; undefined for one that was never shown a form. */
  browserOf(request: FastifyRequest): string | undefined;
  /** The same; a browser that has nothing of the kind gets it with this answer. */
  browserFor(request: FastifyRequest, reply: FastifyReply): string;
}

/** A page that was left open longer than this must be loaded again. */
const tokenLifetimeMs = 12 * 3_600_000;

/**
 * `key` signs the tokens: 32 bytes that every gateway on one store shares. The requests come from a scope in which
 * `@fastify/cookie` is registered.
 */
export function formGuard(key: Buffer, issuer: URL, clock: Clock): FormGuard {
  const secure = issuer.protocol === 'https:';
  const cookie = secure ? '__Host-gw_browser' : 'gw_browser';

  /** For a browser that comes for the first time: all forms of the page are bound to the one cookie that it gets. */
  const given = new WeakMap<FastifyRequest, string>();

  function browserOf(request: FastifyRequest): string | undefined {
    return request.cookies[cookie];
  }

  function sign(browser: string, purpose: string, issuedAt: string): Buffer {
    return createHmac('sha256', key)
      .update(JSON.stringify([browser, purpose, issuedAt]))
      .digest();
  }

  function browserFor(request: FastifyRequest, reply: FastifyReply): string {
    const known = browserOf(request) ?? given.get(request);
    if (known !== undefined) return known;
    const browser = newId();
    given.set(request, browser);
    const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const;
    // On the raw response, where the authorization server puts its cookies too: fastify's own list would replace them.
    reply.raw.appendHeader('set-cookie', reply.server.serializeCookie(cookie, browser, attributes));
    return browser;
  }

  function token(request: FastifyRequest, reply: FastifyReply, purpose: string): string {
    const browser = browserFor(request, reply);
    const issuedAt = clock.now().toString(36);
    return `${issuedAt}.${sign(browser, purpose, issuedAt).toString('base64url')}`;
  }

  function isGenuine(request: FastifyRequest, purpose: string, given: string): boolean {
    const browser = browserOf(request);
    const [issuedAt = '', signature = ''] = given.split('.');
    if (browser === undefined) return false;
    const expected = sign(browser, purpose, issuedAt);
    const actual = Buffer.from(signature, 'base64url');
    if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return false;
    return Number.parseInt(issuedAt, 36) > clock.now() - tokenLifetimeMs;
  }

  function read<Fields extends z.ZodType>(request: FastifyRequest, purpose: string, fields: Fields) {
    refuseOtherSites(request, issuer);
    const body = request.body;
    const given = typeof body === 'object' && body !== null && 'form_token' in body && body.form_token;
    if (typeof given !== 'string' || !isGenuine(request, purpose, given)) throw new Refusal('cross_site');
    const parsed = fields.safeParse(body);
    if (!parsed.success)
      throw new Refusal(
        'request_invalid',
        { what: 'The form was not sent as this page made it.' },
        parsed.error,
      );
    return parsed.data;
  }

  return { token, read, browserOf, browserFor };
}

/**
 * Browsers say where a POST comes from (Fetch Metadata, Origin). Programs that say nothing pass: the token holds
 * them, and no browser of the last years is silent.
 */
function refuseOtherSites(request: FastifyRequest, issuer: URL): void {
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (origin !== undefined && origin !== issuer.origin) throw new Refusal('cross_site');
  if (site !== undefined && site !== 'same-origin') throw new Refusal('cross_site');
}
