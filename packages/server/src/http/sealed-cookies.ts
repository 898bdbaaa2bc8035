import type { FastifyReply, FastifyRequest } from 'fastify';
import { EncryptJWT, errors, jwtDecrypt } from 'jose';
import type { z } from 'zod';
import type { Clock } from '../core/index.ts';

interface SealedCookieOptions<Value> {
  /** 32 bytes that every gateway on one store shares, for this kind of cookie alone. */
  readonly key: Buffer;
  readonly issuer: URL;
  /** Without the prefix that holds it to this host. */
  readonly name: string;
  /** `lax` where the browser comes from another site, `strict` otherwise. */
  readonly sameSite: 'lax' | 'strict';
  readonly lifetimeMs: number;
  readonly shape: z.ZodType<Value>;
  readonly clock: Clock;
}

/**
 * What lies between two steps of one person, kept by the browser alone: sealed, for a while, and for one `audience`
 * (what it may be used for). `slot` keeps several apart in one browser; letters, digits, - and _ only.
 */
export interface SealedCookies<Value> {
  put(reply: FastifyReply, audience: string, value: Value, slot?: string): Promise<void>;
  /** Undefined when there is none for this audience, or not any more. */
  read(request: FastifyRequest, audience: string, slot?: string): Promise<Value | undefined>;
  end(reply: FastifyReply, slot?: string): void;
}

const sealed = { alg: 'dir', enc: 'A256GCM' } as const;

/** The requests come from a scope in which `@fastify/cookie` is registered. */
export function sealedCookies<Value>(options: SealedCookieOptions<Value>): SealedCookies<Value> {
  const { key, issuer, sameSite, lifetimeMs, shape, clock } = options;
  const secure = issuer.protocol === 'https:';
  const name = `${secure ? '__Host-' : ''}${options.name}`;

  function setCookie(reply: FastifyReply, slot: string, value: string, maxAge: number): void {
    const attributes = { path: '/', httpOnly: true, sameSite, secure, maxAge } as const;
    // On the raw response, where the authorization server puts its cookies too: fastify's own list would replace them.
    reply.raw.appendHeader('set-cookie', reply.server.serializeCookie(name + slot, value, attributes));
  }

  return {
    async put(reply, audience, value, slot = '') {
      const token = await new EncryptJWT({ value })
        .setProtectedHeader(sealed)
        .setAudience(audience)
        .setExpirationTime(new Date(clock.now() + lifetimeMs))
        .encrypt(key);
      setCookie(reply, slot, token, Math.ceil(lifetimeMs / 1000));
    },

    async read(request, audience, slot = '') {
      const token = request.cookies[name + slot];
      if (token === undefined) return undefined;
      try {
        const { payload } = await jwtDecrypt(token, key, {
          audience,
          currentDate: new Date(clock.now()),
          requiredClaims: ['exp'],
          keyManagementAlgorithms: [sealed.alg],
          contentEncryptionAlgorithms: [sealed.enc],
        });
        // Of another shape: a version before this one put it there.
        return shape.safeParse(payload.value).data;
      } catch (thrown) {
        if (thrown instanceof errors.JOSEError) return undefined;
        throw thrown;
      }
    },

    end: (reply, slot = '') => setCookie(reply, slot, '', 0),
  };
}
