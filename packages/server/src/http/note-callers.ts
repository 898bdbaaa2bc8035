import { isIP } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { Refusal } from '../core/index.ts';
import { noteCallerAddress } from '../oauth/index.ts';

/**
 * Tells the authorization server, which reads requests by itself, whom each one comes from. `request.ip` is the last
 * address that no trusted proxy vouches for; where a trusted one names something that is no address, nobody can be
 * counted or found later, and the request is refused.
 */
export function noteCallers(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    // A connection that broke while its request was read has no address any more, whatever the type says.
    const address: string | undefined = request.ip;
    if (address === undefined)
      throw new Refusal('request_invalid', { what: 'The connection broke off before the request was read.' });
    if (isIP(address.replace(/%.*$/, '')) === 0)
      throw new Refusal('request_invalid', {
        what: 'A proxy in front must write X-Forwarded-For as a list of addresses without ports.',
      });
    noteCallerAddress(request.raw, address);
  });
}
