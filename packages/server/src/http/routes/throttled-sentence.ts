import type { FastifyReply } from 'fastify';

/** Makes the answer a 429 (RFC 6585, section 4), and gives the sentence that its page shows. */
export function throttledSentence(reply: FastifyReply, retryAfterMs: number): string {
  const seconds = Math.ceil(retryAfterMs / 1000);
  const minutes = Math.ceil(seconds / 60);
  reply.code(429).header('retry-after', seconds);
  return `Too many attempts. Wait ${minutes === 1 ? 'a minute' : `${minutes} minutes`} and try again.`;
}
