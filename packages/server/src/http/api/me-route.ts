import type { FastifyRequest } from 'fastify';
import { principalId } from '../../core/index.ts';
import { coveredRoles } from '../../policy/index.ts';
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
  const { principal, clientId, roles } = token;
  const database = options.config().databases.get(token.database);
  return {
    person: { id: principalId(principal), name: principal.displayName },
    client: clientId,
    database: token.database,
    engine: database?.engine,
    // As a connection would get them now. The first is the one that it acts as when it names none.
    roles: database && coveredRoles(principal, clientId, database, roles).map(({ name }) => name),
    scope: token.scopes.join(' '),
    ...(Number.isFinite(token.expiresAt) && { expiresAt: new Date(token.expiresAt).toISOString() }),
  };
}
