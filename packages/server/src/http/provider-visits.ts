import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../core/index.ts';
import type { RedirectMemory } from '../identity/index.ts';
import { type SealedCookies, sealedCookies } from './sealed-cookies.ts';

const visit = z.object({
  memory: z.object({
    state: z.string(),
    nonce: z.string(),
    verifier: z.string(),
    wish: z.object({
      factor: z.boolean(),
      anew: z.boolean(),
      withinMs: z.number().optional(),
    }),
  }),
  /** The sign-in page that the visit began at. */
  place: z.string(),
});

const proven = z.object({
  person: z.string(),
  /** When the sign-in began: see `ProvenSignIn`. */
  mark: z.number(),
  proof: z.object({ methods: z.array(z.string()), at: z.number() }),
});

/** A browser that is at a provider. */
export interface ProviderVisit {
  readonly memory: RedirectMemory;
  readonly place: string;
}

/**
 * What ties a provider's answer to the browser that was sent there, and then to the request that waits. Another
 * browser has neither, so an answer that somebody made with an account of their own signs nobody else in.
 */
export interface ProviderVisits {
  /** Several can be on their way at once, one a tab. */
  begin(reply: FastifyReply, method: string, visit: ProviderVisit): Promise<void>;
  /** The visit that the answer belongs to, once; undefined when it is another browser's, or took longer than ten minutes. */
  end(
    request: FastifyRequest,
    reply: FastifyReply,
    method: string,
    state: string,
  ): Promise<ProviderVisit | undefined>;
  /**
   * Whom the provider proved, for the one minute until the browser is at `place` again: the cookie of the waiting
   * request is sent only there.
   */
  readonly proven: SealedCookies<z.infer<typeof proven>>;
}

/** `key` seals: 32 bytes that every gateway on one store shares. */
export function providerVisits(key: Buffer, issuer: URL, clock: Clock): ProviderVisits {
  const common = { key, issuer, sameSite: 'lax', clock } as const;
  const visits = sealedCookies({ ...common, name: 'gw_visit_', lifetimeMs: 10 * 60_000, shape: visit });

  return {
    begin: (reply, method, begun) => visits.put(reply, `visit ${method}`, begun, slotOf(begun.memory.state)),

    async end(request, reply, method, state) {
      const slot = slotOf(state);
      const found = await visits.read(request, `visit ${method}`, slot);
      if (found === undefined || found.memory.state !== state) return undefined;
      visits.end(reply, slot);
      return found;
    },

    proven: sealedCookies({ ...common, name: 'gw_proven', lifetimeMs: 60_000, shape: proven }),
  };
}

/** Enough of the state to tell tabs apart; whatever else stands in an address must not become a cookie's name. */
function slotOf(state: string): string {
  return state.replace(/[^\w-]/g, '').slice(0, 12);
}
