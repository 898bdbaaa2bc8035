import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../core/index.ts';
import type { Interaction } from '../oauth/index.ts';
import { sealedCookies } from './sealed-cookies.ts';

const wayBack = z.object({ application: z.string(), address: z.string() });

/** Where somebody begins again whose request is over. */
export type WayBack = Readonly<z.infer<typeof wayBack>>;

/**
 * Remembers, in the browser alone, which application sent it here, for when the request is over: after the back button, or
 * in a tab that stood open. The store has nothing of such a request any more, and the address must not say it.
 */
export interface WaysBack {
  keep(reply: FastifyReply, interaction: Interaction): Promise<void>;
  /** Undefined when this browser never had the request, or it leads nowhere that we would send anybody. */
  read(request: FastifyRequest, uid: string): Promise<WayBack | undefined>;
}

/** `key` seals: 32 bytes that every gateway on one store shares. */
export function waysBack(key: Buffer, issuer: URL, clock: Clock): WaysBack {
  const cookies = sealedCookies({
    key,
    issuer,
    name: 'gw_way_back',
    sameSite: 'lax',
    lifetimeMs: 12 * 3_600_000,
    shape: wayBack,
    clock,
  });
  return {
    async keep(reply, interaction) {
      const back = wayBackOf(interaction);
      if (back !== undefined) await cookies.put(reply, `way back ${interaction.uid}`, back);
    },
    read: (request, uid) => cookies.read(request, `way back ${uid}`),
  };
}

/**
 * The site of an application that an administrator vouched for. Of others a person may have written the name and the
 * address, and our own page must not invite to follow it; a program on a machine has no address.
 */
export function wayBackOf({ client }: Interaction): WayBack | undefined {
  const redirect = URL.parse(client.redirectUri ?? '');
  if (client.selfRegistered || client.testMode || redirect?.protocol !== 'https:') return undefined;
  return { application: client.name, address: redirect.origin };
}
