import type { ConsentSummary } from '../../oauth/index.ts';
import type { ClientUse } from '../../store/index.ts';
import type { Application } from '../pages/index.ts';

/**
 * What a person let in, by application. The authorization server makes a consent for each browser session in which
 * an application is used again, so that each can end by itself; to the person they are one.
 */
export function applicationsIn(
  consents: readonly ConsentSummary[],
  uses: readonly ClientUse[],
): readonly Application[] {
  const byClient = Map.groupBy(consents, ({ clientId }) => clientId);
  return [...byClient.values()].flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    const last = uses.find(({ clientId }) => clientId === first.clientId);
    return {
      clientId: first.clientId,
      clientName: first.clientName,
      ...(first.logo !== undefined && { logo: first.logo }),
      scopes: [...new Set(own.flatMap(({ scopes }) => scopes))].sort(),
      createdAt: Math.min(...own.map(({ createdAt }) => createdAt)),
      expiresAt: Math.max(...own.map(({ expiresAt }) => expiresAt)),
      ...(last?.database !== undefined &&
        last.role !== undefined && { last: { at: last.lastAt, database: last.database, role: last.role } }),
    };
  });
}
