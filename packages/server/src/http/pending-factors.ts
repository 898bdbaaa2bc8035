import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../core/index.ts';
import { sealedCookies } from './sealed-cookies.ts';

const firstStep = z.object({
  /** Principal id. */
  person: z.string(),
  /** When it began: see `ProvenSignIn`. */
  mark: z.number(),
  proof: z.object({ methods: z.array(z.string()), at: z.number() }),
});
const newKey = z.object({ person: z.string(), key: z.string() });

/** Somebody who proved who they are, and not yet the second factor that they have. */
export type FirstStep = Readonly<z.infer<typeof firstStep>>;

/**
 * What lies between the first step of a sign-in and the second: for ten minutes, and for one address, which names the
 * authorization request that waits. And the key of an app that is being set up: it is kept nowhere else until a code
 * shows that the app has it.
 */
export interface PendingFactors {
  begin(reply: FastifyReply, path: string, step: FirstStep): Promise<void>;
  read(request: FastifyRequest, path: string): Promise<FirstStep | undefined>;
  end(reply: FastifyReply): void;
  keepKey(reply: FastifyReply, path: string, key: { person: string; key: string }): Promise<void>;
  readKey(
    request: FastifyRequest,
    path: string,
  ): Promise<{ readonly person: string; readonly key: string } | undefined>;
  endKey(reply: FastifyReply): void;
  /** The challenge that the page at `path` just gave to this browser's passkeys. */
  keepChallenge(reply: FastifyReply, path: string, challenge: string): Promise<void>;
  readChallenge(request: FastifyRequest, path: string): Promise<string | undefined>;
}

/** `key` seals: 32 bytes that every gateway on one store shares. */
export function pendingFactors(key: Buffer, issuer: URL, clock: Clock): PendingFactors {
  const common = { key, issuer, lifetimeMs: 10 * 60_000, clock } as const;
  // The browser may just come from a provider, and then sends no strict cookie on the redirects that follow.
  const steps = sealedCookies({ ...common, name: 'gw_first_step', sameSite: 'lax', shape: firstStep });
  const keys = sealedCookies({ ...common, name: 'gw_new_app', sameSite: 'lax', shape: newKey });
  const challenges = sealedCookies({
    ...common,
    name: 'gw_passkey',
    sameSite: 'lax',
    shape: z.string(),
  });
  return {
    begin: (reply, path, step) => steps.put(reply, `step ${path}`, step),
    read: (request, path) => steps.read(request, `step ${path}`),
    end: (reply) => steps.end(reply),
    keepKey: (reply, path, value) => keys.put(reply, `app ${path}`, value),
    readKey: (request, path) => keys.read(request, `app ${path}`),
    endKey: (reply) => keys.end(reply),
    keepChallenge: (reply, path, value) => challenges.put(reply, `passkey ${path}`, value),
    readChallenge: (request, path) => challenges.read(request, `passkey ${path}`),
  };
}
