import type { FastifyRequest } from 'fastify';
import { Refusal } from '../../core/index.ts';
import { tokenRefusal } from '../../oauth/index.ts';
import { type ApiParts, ownTokenVerdict, presentedToken } from './bearer.ts';

/**
 * Turns away whoever could run nothing on the database in the path, before a byte of the body is read: a stranger may
 * neither fill memory nor learn which databases there are, and who holds a token for one of them learns nothing of the
 * others. Lets nobody in: the session verifies the token for itself.
 * @throws Refusal
 */
export async function admitCaller(
  request: FastifyRequest<{ Params: { readonly name: string } }>,
  options: ApiParts,
): Promise<void> {
  const { name } = request.params;
  const certificate = options.certificateOf(request);
  const token = presentedToken(request, certificate);
  const named = options.config().databases.get(name);
  const asked = { engine: named?.engine ?? 'postgres', database: name, user: '' } as const;

  const own = await ownTokenVerdict(request, options);
  const verdict =
    own.outcome === 'valid' ? own : await options.authorizationServer.verifyToken(token, asked, certificate);
  const isKnownHere = verdict.outcome === 'valid' || verdict.reason === 'no_database_named';
  if (named === undefined && isKnownHere && own.outcome === 'invalid')
    throw new Refusal('database_unknown', { database: name });
  if (verdict.outcome === 'invalid') throw tokenRefusal(verdict);
  if (verdict.token.database !== name) throw new Refusal('token_wrong_database');
}
