import type { FastifyRequest } from 'fastify';
import { principalId } from '../../core/index.ts';
import { type ApiParts, verifiedToken } from './bearer.ts';

/**
 * `GET /api/v1/me`: whose token this is and what it is good for. Cheap, so that platforms use it as their connection test.
 * A token of the identity provider names no database: `?database=authdb` does, then.
 */
export async function answerMe(
  request: FastifyRequest<{ Querystring: { readonly database?: unknown } }>,
  options: ApiParts,
): Promise<object> {
  const { database: name } = request.query;
  const named = typeof name === 'string' ? options.config().databases.get(name) : undefined;
  const asked = named && { engine: named.engine, database: named.name, user: '' };
  const token = await verifiedToken(request, options, asked);
  return {
    person: { id: principalId(token.principal), name: token.principal.displayName },
    client: token.clientId,
    database: token.database,
    engine: options.config().databases.get(token.database)?.engine,
    // Empty: the default role of the person at the moment of connecting.
    roles: token.roles,
    scope: token.scopes.join(' '),
    ...(Number.isFinite(token.expiresAt) && { expiresAt: new Date(token.expiresAt).toISOString() }),
  };
}
