import { Refusal } from '../../core/index.ts';
import { fromServer, int32, message, type TokenRequest } from '../postgres/for-variations.ts';
import { fromRedshiftClient, redshiftAuthentication } from './protocol.ts';

/**
 * Authentication 14: asks a Redshift driver for the token of its identity provider plugin, which here is ours. Any
 * other client gives up at it. Amazon's JDBC driver ends the token with a NUL byte, the Python one does not.
 */
export const idpTokenRequest: TokenRequest = {
  message: message(fromServer.authentication, int32(redshiftAuthentication.idpToken)),
  answer: { type: fromRedshiftClient.idpToken, name: 'an identity provider token' },
  read(body) {
    const end = body.at(-1) === 0 ? body.length - 1 : body.length;
    if (body.subarray(0, end).includes(0)) {
      throw new Refusal('protocol_violation', { what: 'a token has no NUL byte inside' });
    }
    return body.toString('utf8', 0, end);
  },
};
