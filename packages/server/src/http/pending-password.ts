import type { FastifyReply, FastifyRequest } from 'fastify';
import { EncryptJWT, errors, jwtDecrypt } from 'jose';
import { z } from 'zod';
import { type Clock, hashSecret } from '../core/index.ts';
import type { FormGuard } from './form-guard.ts';

/** Somebody who proved a first secret and has not chosen a password yet. */
export interface PendingPassword {
  /** Principal id. */
  readonly person: string;
  /** Of the secret that was proven. A change makes it stale, so that nothing can be done twice. */
  readonly version: string;
}

/**
 * What lies between the proof of a first secret and the choice of a password, kept by the browser alone: sealed, for
 * ten minutes, for one address (which names the authorization request that waits), and for the browser that posted
 * the proof. So it is of no use at another request, nor to anybody into whose browser it was put.
 */
export interface PendingPasswords {
  /** After a form of ours was read. `path` is the page where the password is chosen. */
  begin(request: FastifyRequest, reply: FastifyReply, path: string, pending: PendingPassword): Promise<void>;
  /** Undefined when there is none for this page and browser, or not any more. */
  read(request: FastifyRequest, path: string): Promise<PendingPassword | undefined>;
  end(reply: FastifyReply): void;
}

const lifetimeMs = 10 * 60_000;

const sealed = { alg: 'dir', enc: 'A256GCM' } as const;

const claims = z.object({ sub: z.string(), version: z.string() });

/** `key` seals: 32 bytes that every gateway on one store shares. */
export function pendingPasswords(
  key: Buffer,
  issuer: URL,
  clock: Clock,
  forms: Pick<FormGuard, 'browserOf'>,
): PendingPasswords {
  const secure = issuer.protocol === 'https:';
  const name = secure ? '__Host-gw_first_secret' : 'gw_first_secret';

  function setCookie(reply: FastifyReply, value: string, maxAge: number): void {
    const attributes = { path: '/', httpOnly: true, sameSite: 'strict', secure, maxAge } as const;
    // On the raw response, where the authorization server puts its cookies too: fastify's own list would replace them.
    reply.raw.appendHeader('set-cookie', reply.server.serializeCookie(name, value, attributes));
  }

  function audience(request: FastifyRequest, path: string): string {
    return `${path} ${hashSecret(forms.browserOf(request) ?? '')}`;
  }

  return {
    async begin(request, reply, path, { person, version }) {
      const token = await new EncryptJWT({ version })
        .setProtectedHeader(sealed)
        .setSubject(person)
        .setAudience(audience(request, path))
        .setExpirationTime(new Date(clock.now() + lifetimeMs))
        .encrypt(key);
      setCookie(reply, token, lifetimeMs / 1000);
    },

    async read(request, path) {
      const token = request.cookies[name];
      if (token === undefined) return undefined;
      try {
        const { payload } = await jwtDecrypt(token, key, {
          audience: audience(request, path),
          currentDate: new Date(clock.now()),
          requiredClaims: ['exp'],
          keyManagementAlgorithms: [sealed.alg],
          contentEncryptionAlgorithms: [sealed.enc],
        });
        const { sub, version } = claims.parse(payload);
        return { person: sub, version };
      } catch (thrown) {
        if (thrown instanceof errors.JOSEError) return undefined;
        throw thrown;
      }
    },

    end: (reply) => setCookie(reply, '', 0),
  };
}
