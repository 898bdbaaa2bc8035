import type { FastifyReply, FastifyRequest } from 'fastify';
import { network, Refusal } from '../core/index.ts';

/** What anybody may post, here as everywhere. */
const smallBytes = 64 * 1024;
/**
 * How many larger ones are read at once, over all connections, and from one network: more than come together of the
 * few people with hundreds of groups, and five megabytes in all.
 */
const most = { atOnce: 16, ofOneNetwork: 4 } as const;
/** A browser sends such an answer in far less. */
const readWithinMs = 10_000;

/**
 * Keeps what strangers can make the gateway hold small, where a provider's answer may be larger than anything else that
 * is read before somebody is known. It is posted from the provider's site, so no cookie of ours comes along that could
 * tell a browser that was sent there; what it answers stands within it, behind the larger half.
 * Hooks for one route: {@link LargeAnswers.admit} before the body is read, {@link LargeAnswers.read} after.
 */
export interface LargeAnswers {
  /** @throws Refusal `too_many_connections` when as many as may are being read */
  admit(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  read(request: FastifyRequest): Promise<void>;
}

/** See {@link LargeAnswers}. */
export function largeAnswers(): LargeAnswers {
  const reading = new Map<string, number>();
  const deadlines = new WeakMap<FastifyRequest, NodeJS.Timeout>();
  let total = 0;

  function leave(place: string): void {
    total -= 1;
    const left = (reading.get(place) ?? 0) - 1;
    if (left > 0) reading.set(place, left);
    else reading.delete(place);
  }

  return {
    async admit(request, reply) {
      const { 'content-length': length } = request.headers;
      // Whoever does not say how much comes may send as much as may come.
      if (length !== undefined && Number(length) <= smallBytes) return;
      const place = network(request.ip);
      const there = reading.get(place) ?? 0;
      if (total >= most.atOnce || there >= most.ofOneNetwork) throw new Refusal('too_many_connections');
      total += 1;
      reading.set(place, there + 1);
      const deadline = setTimeout(() => request.raw.destroy(), readWithinMs);
      deadlines.set(request, deadline);
      // However it ends: answered, refused or broken off.
      reply.raw.once('close', () => {
        clearTimeout(deadline);
        leave(place);
      });
    },

    async read(request) {
      clearTimeout(deadlines.get(request));
    },
  };
}
