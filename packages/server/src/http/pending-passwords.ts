import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Clock, hashSecret } from '../core/index.ts';
import type { FormGuard } from './form-guard.ts';
import { sealedCookies } from './sealed-cookies.ts';

const shape = z.object({
  /** Principal id. */
  person: z.string(),
  /** Of the secret that was proven. A change makes it stale, so that nothing can be done twice. */
  version: z.string(),
});

/** Somebody who proved a first secret and has not chosen a password yet. */
export type PendingPassword = Readonly<z.infer<typeof shape>>;

/**
 * What lies between the proof of a first secret and the choice of a password: for ten minutes, for one address (which
 * names the authorization request that waits), and for the browser that posted the proof. So it is of no use at
 * another request, nor to anybody into whose browser it was put.
 */
export interface PendingPasswords {
  /** After a form of ours was read. `path` is the page where the password is chosen. */
  begin(request: FastifyRequest, reply: FastifyReply, path: string, pending: PendingPassword): Promise<void>;
  /** Undefined when there is none for this page and browser, or not any more. */
  read(request: FastifyRequest, path: string): Promise<PendingPassword | undefined>;
  end(reply: FastifyReply): void;
}

/** `key` seals: 32 bytes that every gateway on one store shares. */
export function pendingPasswords(
  key: Buffer,
  issuer: URL,
  clock: Clock,
  forms: Pick<FormGuard, 'browserOf'>,
): PendingPasswords {
  const cookies = sealedCookies({
    key,
    issuer,
    name: 'gw_first_secret',
    sameSite: 'strict',
    lifetimeMs: 10 * 60_000,
    shape,
    clock,
  });

  function audience(request: FastifyRequest, path: string): string {
    return `${path} ${hashSecret(forms.browserOf(request) ?? '')}`;
  }

  return {
    begin: (request, reply, path, pending) => cookies.put(reply, audience(request, path), pending),
    read: (request, path) => cookies.read(request, audience(request, path)),
    end: (reply) => cookies.end(reply),
  };
}
